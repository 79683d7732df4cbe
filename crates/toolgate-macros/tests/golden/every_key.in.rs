/// Delete a file from the workspace.
///
/// The file is gone for good:
/// there is no bin.
#[derive(Tool)]
#[tool(
    name = "files.delete",
    title = "Delete a file",
    read_only = false,
    destructive,
    idempotent = true,
    open_world = false,
    recursive,
    scopes("files:write", "files:delete"),
    roles("editor", "admin"),
    guard = scope("files:write").or(role("admin")),
    max_age = "15m",
    acr("phr", "phrh"),
    listed,
    advertised = false,
    timeout = "10s",
    icon = "https://a.example/delete.svg",
    single_use,
    unasked_answers = false,
)]
pub struct DeleteFile {
    /// Path relative to the root.
    pub path: String,
}
