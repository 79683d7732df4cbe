//! Arguments have names.
use toolgate::Tool;

#[derive(Tool)]
struct Add(i64, i64);

fn main() {}
