//! serde's own errors arrive unchanged.
use toolgate::Tool;

#[derive(Tool)]
struct Search {
    #[serde(defualt)]
    words: Vec<String>,
}

fn main() {}
