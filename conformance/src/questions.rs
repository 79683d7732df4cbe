//! Tools that ask the client before they answer, in every way there is.

use toolgate::prelude::*;

use crate::forms::{CHOICES, Choices, Color, Confirmed, Contact, Defaults, Name, Topic};

pub(crate) fn add(server: Server) -> Server {
    server
        .tool::<Sample>()
        .tool::<Elicit>()
        .tool::<ElicitDefaults>()
        .tool::<ElicitChoices>()
        .tool::<MissingCapability>()
        .tool::<Streaming>()
        .tool::<AskName>()
        .tool::<AskModel>()
        .tool::<AskRoots>()
        .tool::<KeepState>()
        .tool::<AskSeveral>()
        .tool::<AskTwice>()
        .tool::<SealState>()
        .tool::<AskWhatCanBe>()
        .prompt::<AskedPrompt>()
}

/// Ask the model.
#[derive(Tool)]
#[tool(name = "test_sampling")]
struct Sample {
    /// What to ask.
    prompt: String,
}

impl Run for Sample {
    type Output = String;

    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        let said = cx.sample("reply", Sampling::new(100).user(self.prompt)).await?;
        Ok(format!("LLM response: {}", said.text()))
    }
}

/// Ask the person for a name and an address.
#[derive(Tool)]
#[tool(name = "test_elicitation")]
struct Elicit {
    /// What to say.
    message: String,
}

impl Run for Elicit {
    type Output = String;

    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        Ok(told(&cx.elicit::<Contact>("contact", self.message).await?))
    }
}

/// Ask with a value in every field.
#[derive(Tool)]
#[tool(name = "test_elicitation_sep1034_defaults")]
struct ElicitDefaults {}

impl Run for ElicitDefaults {
    type Output = String;

    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        Ok(told(&cx.elicit::<Defaults>("defaults", "Please review the values.").await?))
    }
}

/// Ask with every kind of choice.
#[derive(Tool)]
#[tool(name = "test_elicitation_sep1330_enums")]
struct ElicitChoices {}

impl Run for ElicitChoices {
    type Output = String;

    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        let form = toolgate::Form::<Choices>::new("choices", "Please choose.").schema(CHOICES);
        Ok(told(&cx.ask(form).await?))
    }
}

/// Need what a client may not have.
#[derive(Tool)]
#[tool(name = "test_missing_capability")]
struct MissingCapability {}

impl Run for MissingCapability {
    type Output = String;

    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        Ok(cx.sample("reply", Sampling::new(100).user("Hello")).await?.text())
    }
}

/// Say something, then ask.
#[derive(Tool)]
#[tool(name = "test_streaming_elicitation")]
struct Streaming {}

impl Run for Streaming {
    type Output = String;

    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        cx.progress(0.5).await?;
        Ok(told(&cx.elicit::<Name>("user_name", "What is your name?").await?))
    }
}

/// Ask the person.
#[derive(Tool)]
// The suite answers before it was asked, too.
#[tool(name = "test_input_required_result_elicitation", unasked_answers)]
struct AskName {}

impl Run for AskName {
    type Output = String;

    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        Ok(match cx.elicit::<Name>("user_name", "What is your name?").await? {
            Elicited::Accepted(Name { name }) => format!("Hello, {name}!"),
            Elicited::Declined | Elicited::Cancelled => "Hello, whoever you are!".into(),
        })
    }
}

/// Ask the model.
#[derive(Tool)]
#[tool(name = "test_input_required_result_sampling")]
struct AskModel {}

impl Run for AskModel {
    type Output = String;

    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        let question = Sampling::new(100).user("What is the capital of France?");
        Ok(cx.sample("capital_question", question).await?.text())
    }
}

/// Ask for the client's roots.
#[derive(Tool)]
#[tool(name = "test_input_required_result_list_roots")]
struct AskRoots {}

impl Run for AskRoots {
    type Output = String;

    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        Ok(format!("{} roots", cx.roots("client_roots").await?.len()))
    }
}

/// Ask, and know that the state came back as it was.
#[derive(Tool)]
#[tool(name = "test_input_required_result_request_state")]
struct KeepState {}

impl Run for KeepState {
    type Output = &'static str;

    async fn run(self, _: &(), cx: &Context) -> Result<&'static str> {
        // Answers without their state count for nothing: whoever gets past this has brought it.
        let _ = cx.elicit::<Confirmed>("confirm", "Please confirm.").await?;
        Ok("state-ok")
    }
}

/// Ask for three things at once.
#[derive(Tool)]
#[tool(name = "test_input_required_result_multiple_inputs")]
struct AskSeveral {}

impl Run for AskSeveral {
    type Output = &'static str;

    async fn run(self, _: &(), cx: &Context) -> Result<&'static str> {
        let questions = Questions::new()
            .elicit::<Name>("user_name", "What is your name?")
            .sample("greeting", Sampling::new(50).user("Write a greeting."))
            .roots("client_roots");
        let _ = cx.ask(questions).await?;
        Ok("All three are answered.")
    }
}

/// Ask, and ask again.
#[derive(Tool)]
#[tool(name = "test_input_required_result_multi_round")]
struct AskTwice {}

impl Run for AskTwice {
    type Output = &'static str;

    async fn run(self, _: &(), cx: &Context) -> Result<&'static str> {
        let _ = cx.elicit::<Name>("step1", "Step 1: what is your name?").await?;
        let _ = cx.elicit::<Color>("step2", "Step 2: what is your favourite color?").await?;
        Ok("Both steps are done.")
    }
}

/// Ask, with a state that nobody may change.
#[derive(Tool)]
#[tool(name = "test_input_required_result_tampered_state")]
struct SealState {}

impl Run for SealState {
    type Output = &'static str;

    async fn run(self, _: &(), cx: &Context) -> Result<&'static str> {
        let _ = cx.elicit::<Confirmed>("confirm", "Please confirm.").await?;
        Ok("The state was as it should be.")
    }
}

/// Ask only for what the client can answer.
#[derive(Tool)]
#[tool(name = "test_input_required_result_capabilities")]
struct AskWhatCanBe {}

impl Run for AskWhatCanBe {
    type Output = String;

    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        if cx.can_elicit() {
            return Ok(told(&cx.elicit::<Name>("user_name", "What is your name?").await?));
        }
        Ok(cx.sample("name", Sampling::new(50).user("Make up a name.")).await?.text())
    }
}

/// A prompt that asks before it is one.
#[derive(Prompt)]
#[prompt(name = "test_input_required_result_prompt")]
struct AskedPrompt {}

impl Render for AskedPrompt {
    type Output = String;

    async fn render(self, _: &(), cx: &Context) -> Result<String> {
        let question = "What context should the prompt use?";
        Ok(match cx.elicit::<Topic>("user_context", question).await? {
            Elicited::Accepted(Topic { context }) => format!("Use this context: {context}"),
            Elicited::Declined | Elicited::Cancelled => "Use no context.".into(),
        })
    }
}

/// The suite wants to read what became of a question.
fn told<T>(answer: &Elicited<T>) -> String {
    let action = match answer {
        Elicited::Accepted(_) => "accept",
        Elicited::Declined => "decline",
        Elicited::Cancelled => "cancel",
    };
    format!("Elicitation completed: action={action}")
}
