#[derive(Tool)]
struct Pair<'a, T: Clone>(&'a T, T)
where
    T: Default;
