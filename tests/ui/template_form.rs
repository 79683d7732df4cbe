//! Forms of RFC 6570 that are not served.
use toolgate::Resource;

#[derive(Resource)]
#[resource(uri = "notes://{id:3}")]
struct Prefix {
    id: String,
}

#[derive(Resource)]
#[resource(uri = "map://{x,y}")]
struct List {
    x: f64,
    y: f64,
}

fn main() {}
