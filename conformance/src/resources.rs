//! Resources of each kind: text, bytes, a family, and one to watch.

use toolgate::{prelude::*, protocol::Base64};

use crate::media::PNG;

pub(crate) fn add(server: Server) -> Server {
    server
        .resource::<StaticText>()
        .resource::<StaticBinary>()
        .resource::<Data>()
        .resource::<Watched>()
}

/// Text that never changes.
#[derive(Resource)]
#[resource(uri = "test://static-text", name = "static-text", mime_type = "text/plain")]
struct StaticText;

impl Read for StaticText {
    type Output = &'static str;

    async fn read(self, _: &(), _: &Context) -> Result<&'static str> {
        Ok("This is the content of the static text resource.")
    }
}

/// An image that never changes.
#[derive(Resource)]
#[resource(uri = "test://static-binary", name = "static-binary", mime_type = "image/png")]
struct StaticBinary;

impl Read for StaticBinary {
    type Output = Contents;

    async fn read(self, _: &(), _: &Context) -> Result<Contents> {
        Ok(Contents::blob("", Base64::encoded(PNG)))
    }
}

/// Data by its id.
#[derive(Resource)]
#[resource(uri = "test://template/{id}/data", name = "data", mime_type = "application/json")]
struct Data {
    id: String,
}

impl Read for Data {
    type Output = Json<Item>;

    async fn read(self, _: &(), _: &Context) -> Result<Json<Item>> {
        Ok(Json(Item { data: format!("Data for ID: {}", self.id), id: self.id }))
    }
}

#[derive(Output)]
struct Item {
    id: String,
    data: String,
}

/// Something to subscribe to.
#[derive(Resource)]
#[resource(uri = "test://watched-resource", name = "watched-resource", mime_type = "text/plain")]
struct Watched;

impl Read for Watched {
    type Output = &'static str;

    async fn read(self, _: &(), _: &Context) -> Result<&'static str> {
        Ok("Watched resource content")
    }
}
