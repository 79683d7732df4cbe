//! Asking the client's model. Deprecated in 2026-07-28: ask a model of your own where you can.

use toolgate::prelude::*;

/// Name a colour after a mood.
#[derive(Tool)]
#[tool(read_only)]
struct NameColour {
    mood: String,
}

impl Run for NameColour {
    type Output = String;

    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        if !cx.can_sample() {
            return Ok("grey".into());
        }
        let question = Sampling::new(20)
            .system("Answer with the name of one colour.")
            .user(format!("Which colour is {}?", self.mood))
            .temperature(0.2);
        Ok(cx.sample("colour", question).await?.text().trim().to_lowercase())
    }
}

pub(crate) fn server() -> Server {
    Server::new("sampling", "1.0.0").tool::<NameColour>()
}
