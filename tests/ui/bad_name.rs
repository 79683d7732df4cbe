//! Names with characters that the protocol does not allow, given or made from the type's.
use toolgate::Tool;

#[derive(Tool)]
#[tool(name = "delete file")]
struct DeleteFile {
    path: String,
}

#[derive(Tool)]
struct Café;

fn main() {}
