//! Tools that answer at once with content of one kind, or with an error.

use toolgate::{prelude::*, protocol::Base64};

use crate::media::{PNG, WAV};

pub(crate) fn add(server: Server) -> Server {
    server
        .tool::<SimpleText>()
        .tool::<Image>()
        .tool::<Audio>()
        .tool::<Embedded>()
        .tool::<Mixed>()
        .tool::<Failing>()
}

/// Answer with text.
#[derive(Tool)]
#[tool(name = "test_simple_text", read_only)]
struct SimpleText {}

impl Run for SimpleText {
    type Output = &'static str;

    async fn run(self, _: &(), _: &Context) -> Result<&'static str> {
        Ok("This is a simple text response for testing.")
    }
}

/// Answer with an image.
#[derive(Tool)]
#[tool(name = "test_image_content", read_only)]
struct Image {}

impl Run for Image {
    type Output = Content;

    async fn run(self, _: &(), _: &Context) -> Result<Content> {
        Ok(Content::image(Base64::encoded(PNG), "image/png"))
    }
}

/// Answer with sound.
#[derive(Tool)]
#[tool(name = "test_audio_content", read_only)]
struct Audio {}

impl Run for Audio {
    type Output = Content;

    async fn run(self, _: &(), _: &Context) -> Result<Content> {
        Ok(Content::audio(Base64::encoded(WAV), "audio/wav"))
    }
}

/// Answer with a resource and what is in it.
#[derive(Tool)]
#[tool(name = "test_embedded_resource", read_only)]
struct Embedded {}

impl Run for Embedded {
    type Output = Content;

    async fn run(self, _: &(), _: &Context) -> Result<Content> {
        let text = "This is an embedded resource content.";
        let contents = Contents::text("test://embedded-resource", text).mime_type("text/plain");
        Ok(Content::resource(contents))
    }
}

/// Answer with text, an image and a resource.
#[derive(Tool)]
#[tool(name = "test_multiple_content_types", read_only)]
struct Mixed {}

impl Run for Mixed {
    type Output = Vec<Content>;

    async fn run(self, _: &(), _: &Context) -> Result<Vec<Content>> {
        let data = r#"{"test":"data","value":123}"#;
        let contents = Contents::text("test://mixed-content-resource", data);
        Ok(vec![
            Content::text("Multiple content types test:"),
            Content::image(Base64::encoded(PNG), "image/png"),
            Content::resource(contents.mime_type("application/json")),
        ])
    }
}

/// Fail, and say so.
#[derive(Tool)]
#[tool(name = "test_error_handling", read_only)]
struct Failing {}

impl Run for Failing {
    type Output = ();

    async fn run(self, _: &(), _: &Context) -> Result<()> {
        Err(ToolError::shown("This tool intentionally returns an error for testing"))
    }
}
