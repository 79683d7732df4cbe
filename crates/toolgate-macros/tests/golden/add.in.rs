/// Add two numbers.
#[derive(Tool)]
struct Add {
    a: i64,
    b: i64,
}
