//! Prompts: plain, with arguments that are completed, and with what is not text.

use toolgate::{prelude::*, protocol::Base64};

use crate::media::PNG;

pub(crate) fn add(server: Server) -> Server {
    server.prompt::<Simple>().prompt::<Arguments>().prompt::<Embedded>().prompt::<Image>()
}

/// One message.
#[derive(Prompt)]
#[prompt(name = "test_simple_prompt")]
struct Simple {}

impl Render for Simple {
    type Output = &'static str;

    async fn render(self, _: &(), _: &Context) -> Result<&'static str> {
        Ok("This is a simple prompt for testing.")
    }
}

/// One message with both arguments in it.
#[derive(Prompt)]
#[prompt(name = "test_prompt_with_arguments")]
struct Arguments {
    /// The first.
    #[prompt(complete = proposals)]
    arg1: String,
    /// The second.
    arg2: String,
}

impl Render for Arguments {
    type Output = String;

    async fn render(self, _: &(), _: &Context) -> Result<String> {
        Ok(format!("Prompt with arguments: arg1='{}', arg2='{}'", self.arg1, self.arg2))
    }
}

async fn proposals(typed: Typed, _: Context) -> Result<Vec<String>> {
    Ok(typed.among(["paris", "park", "party", "test", "testing"]))
}

/// A resource of the caller's choice, and a word about it.
#[derive(Prompt)]
#[prompt(name = "test_prompt_with_embedded_resource")]
struct Embedded {
    /// The URI that the resource shall have.
    #[serde(rename = "resourceUri")]
    resource_uri: String,
}

impl Render for Embedded {
    type Output = Vec<PromptMessage>;

    async fn render(self, _: &(), _: &Context) -> Result<Vec<PromptMessage>> {
        let text = "Embedded resource content for testing.";
        let contents = Contents::text(self.resource_uri, text).mime_type("text/plain");
        Ok(vec![
            PromptMessage::user(Content::resource(contents)),
            PromptMessage::user("Please process the embedded resource above."),
        ])
    }
}

/// An image and a word about it.
#[derive(Prompt)]
#[prompt(name = "test_prompt_with_image")]
struct Image {}

impl Render for Image {
    type Output = Vec<PromptMessage>;

    async fn render(self, _: &(), _: &Context) -> Result<Vec<PromptMessage>> {
        Ok(vec![
            PromptMessage::user(Content::image(Base64::encoded(PNG), "image/png")),
            PromptMessage::user("Please analyze the image above."),
        ])
    }
}
