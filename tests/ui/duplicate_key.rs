//! A key given twice, in two attributes.
use toolgate::Tool;

#[derive(Tool)]
#[tool(title = "Delete", read_only)]
#[tool(read_only = false)]
struct DeleteFile {
    path: String,
}

fn main() {}
