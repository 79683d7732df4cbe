//! All faults at once, and no echo where the tool is used.
use toolgate::Tool;

#[derive(Tool)]
#[tool(reed_only, timeout = "fast", scopes("a b"))]
struct DeleteFile {
    #[tool(title = "Path")]
    path: String,
}

fn main() {
    let _ = DeleteFile::spec();
}
