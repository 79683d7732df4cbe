//! Scopes outside the grammar of RFC 6749, and none at all.
use toolgate::Tool;

#[derive(Tool)]
#[tool(scopes("files:write", "files:read files:list", "", "a\"b"))]
struct DeleteFile {
    path: String,
}

#[derive(Tool)]
#[tool(scopes())]
struct Anyone;

#[derive(Tool)]
#[tool(scopes = "files:write")]
struct Assigned;

fn main() {}
