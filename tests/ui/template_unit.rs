//! Variables that nothing could be read into.
use toolgate::Resource;

#[derive(Resource)]
#[resource(uri = "notes://{id}/{type}")]
struct Note;

fn main() {}
