//! An argument whose type has no derive.
use toolgate::Tool;

struct Order;

#[derive(Tool)]
struct Search {
    words: Vec<String>,
    order: Order,
}

fn main() {}
