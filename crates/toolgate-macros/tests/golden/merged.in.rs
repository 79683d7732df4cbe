#[derive(Tool)]
#[tool(read_only)]
#[tool()]
#[tool(timeout = "2m", listed = false)]
#[tool(guard = when(|user: &User| user.active))]
struct HTTPFetch {
    url: String,
}
