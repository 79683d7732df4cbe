//! A field whose name would not be that of its variable.
use toolgate::Resource;

#[derive(Resource)]
#[resource(uri = "notes://{userId}")]
struct Note {
    #[serde(rename = "userId")]
    user_id: String,
}

#[derive(Resource)]
#[resource(uri = "pages://{page_no}")]
#[serde(rename_all = "camelCase")]
struct Page {
    page_no: u32,
}

fn main() {}
