//! Prompts: messages that people pick and fill in.

use toolgate::prelude::*;

/// Review a change.
#[derive(Prompt)]
#[prompt(title = "Review")]
struct Review {
    /// The change, as a diff.
    diff: String,
    /// How strict to be. An enum completes by itself.
    care: Option<Care>,
    /// In which language to answer.
    #[prompt(complete = languages)]
    language: Option<String>,
}

#[derive(Arguments)]
#[serde(rename_all = "lowercase")]
enum Care {
    Quick,
    Thorough,
}

impl Render for Review {
    type Output = Vec<PromptMessage>;

    async fn render(self, _: &(), _: &Context) -> Result<Vec<PromptMessage>> {
        let care = match self.care {
            Some(Care::Thorough) => "Look at every line.",
            Some(Care::Quick) | None => "Say what matters most.",
        };
        let language = self.language.unwrap_or_else(|| "English".into());
        let diff = Contents::text("change://diff", self.diff).mime_type("text/x-diff");
        Ok(vec![
            PromptMessage::user(format!("Review this change, in {language}. {care}")),
            PromptMessage::user(Content::resource(diff)),
        ])
    }
}

async fn languages(typed: Typed, _: Context) -> Result<Vec<String>> {
    Ok(typed.among(["English", "Finnish", "French"]))
}

pub(crate) fn server() -> Server {
    Server::new("prompts", "1.0.0").prompt::<Review>()
}
