//! Keys of a resource: all faults at once.
use toolgate::Resource;

#[derive(Resource)]
#[resource(uri = "notes://{id}", size = 10, mime = "text/plain", complete = ids)]
#[resource(mime_type = "markdown", icon = "note.svg")]
struct Note {
    #[resource(complete = "ids", title = "Id")]
    id: String,
}

fn main() {}
