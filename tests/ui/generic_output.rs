//! The derives for data take one type as well.
use toolgate::{Arguments, Output};

#[derive(Output)]
struct Page<T> {
    items: Vec<T>,
}

#[derive(Arguments)]
union Bits {
    whole: u32,
    half: u16,
}

fn main() {}
