//! A tool is a struct.
use toolgate::Tool;

#[derive(Tool)]
enum Files {
    Delete { path: String },
}

fn main() {}
