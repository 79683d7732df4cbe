#[derive(Tool)]
#[deprecated(note = "use `add`")]
struct Sum {
    terms: Vec<i64>,
}
