//! A guard that is none.
use toolgate::Tool;

#[derive(Tool)]
#[tool(guard = "files:write")]
struct DeleteFile {
    path: String,
}

fn main() {}
