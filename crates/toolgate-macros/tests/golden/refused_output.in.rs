#[derive(Output)]
struct Page<T> {
    items: Vec<T>,
}
