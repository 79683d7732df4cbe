#[derive(Resource)]
#[resource(uri = "notes://{user}{id}")]
enum Note {
    #[resource(title = "a")]
    Any,
}
