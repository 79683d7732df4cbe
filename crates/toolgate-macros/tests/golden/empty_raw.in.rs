#[doc = include_str!("move.md")]
#[derive(Tool)]
struct r#Move {}
