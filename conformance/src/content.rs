//! Tools that answer at once with content of one kind, or with an error.

use toolgate::{prelude::*, protocol::content::Content};

use crate::media::{PNG, WAV};

pub(crate) fn add(server: Server) -> Server {
    server.tool::<SimpleText>().tool::<Image>().tool::<Audio>().tool::<Failing>()
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
        Ok(Content::Image { data: PNG.into(), mime_type: "image/png".into() })
    }
}

/// Answer with sound.
#[derive(Tool)]
#[tool(name = "test_audio_content", read_only)]
struct Audio {}

impl Run for Audio {
    type Output = Content;

    async fn run(self, _: &(), _: &Context) -> Result<Content> {
        Ok(Content::Audio { data: WAV.into(), mime_type: "audio/wav".into() })
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
