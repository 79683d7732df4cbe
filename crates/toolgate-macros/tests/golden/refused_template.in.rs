#[derive(Resource)]
#[resource(uri = "notes://{user}/{id}{?rev}", size = 12, complete = users, colour = "red")]
#[resource(mime_type = "markdown", icon = "http://a.example", name = " ", uri = "a:b")]
#[serde(rename_all = "camelCase", try_from = "Other")]
struct Note {
    #[resource(complete = "users", title = "User", completes = x, complete = users)]
    user: String,
    #[serde(rename = "rev")]
    revision: u32,
    #[serde(skip)]
    seen: bool,
}
