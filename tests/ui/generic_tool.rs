//! A tool is one type.
use toolgate::Tool;

#[derive(Tool)]
struct Store<T> {
    value: T,
}

#[derive(Tool)]
struct Borrow<'a> {
    value: &'a str,
}

fn main() {}
