//! A tool that is registered, and does nothing yet.
use toolgate::{Server, Tool};

#[derive(Tool)]
struct Add {
    a: i64,
    b: i64,
}

fn main() {
    let _ = Server::new("calc", "1.0.0").tool::<Add>();
}
