//! Tools that change what the server has, so that whoever watches is told.

use toolgate::prelude::*;

pub(crate) fn add(server: Server) -> Server {
    let live = server.live();
    let trigger = ToolSpec::new("test_trigger_tool_change")
        .description("Take a tool away from the list, or put it back.");
    let prompts = ToolSpec::new("test_trigger_prompt_change")
        .description("Take a prompt away from the list, or put it back.");
    let (tool, prompt) = (Switched::spec().name, SwitchedPrompt::spec().name);
    let of_tools = live.clone();
    server
        .tool::<Switched>()
        .prompt::<SwitchedPrompt>()
        .tool_fn(trigger, move |_: Nothing, _| {
            let there = switch(|on| of_tools.enable_tool(&tool, on));
            async move { Ok(there) }
        })
        .tool_fn(prompts, move |_: Nothing, _| {
            let there = switch(|on| live.enable_prompt(&prompt, on));
            async move { Ok(there) }
        })
}

/// Whether something was there is known only by taking it away.
fn switch(enable: impl Fn(bool) -> bool) -> &'static str {
    if !enable(false) && enable(true) { "It is there." } else { "It is gone." }
}

/// Be there, or not.
#[derive(Tool)]
#[tool(name = "test_switched_tool", read_only)]
struct Switched {}

impl Run for Switched {
    type Output = &'static str;

    async fn run(self, _: &(), _: &Context) -> Result<&'static str> {
        Ok("It is there.")
    }
}

/// No arguments.
#[derive(Arguments)]
struct Nothing {}

/// A prompt that is there, or not.
#[derive(Prompt)]
#[prompt(name = "test_switched_prompt")]
struct SwitchedPrompt {}

impl Render for SwitchedPrompt {
    type Output = &'static str;

    async fn render(self, _: &(), _: &Context) -> Result<&'static str> {
        Ok("It is there.")
    }
}
