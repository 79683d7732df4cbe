//! A resource and a prompt that are registered, and do nothing yet.
use toolgate::{Prompt, Resource, Server};

#[derive(Resource)]
#[resource(uri = "notes://{id}")]
struct Note {
    id: String,
}

#[derive(Prompt)]
struct Review {
    diff: String,
}

fn main() {
    let _ = Server::new("notes", "1.0.0").resource::<Note>().prompt::<Review>();
}
