//! A key that does not exist.
use toolgate::Tool;

#[derive(Tool)]
#[tool(scope("files:write"))]
struct DeleteFile {
    path: String,
}

fn main() {}
