#[derive(Tool)]
#[tool(scope = "a", name = "two words", read_only, timeout = "10")]
#[tool(scopes("files:write", "", "a b"), read_only = false, destructive = 1)]
struct Refused {
    #[tool(name = "x")]
    path: String,
}
