//! Tools that change what the server has, so that whoever watches is told.

use toolgate::prelude::*;

pub(crate) fn add(server: Server) -> Server {
    let live = server.live();
    let trigger = ToolSpec::new("test_trigger_tool_change")
        .description("Take a tool away from the list, or put it back.");
    server.tool::<Switched>().tool_fn(trigger, move |_: Nothing, _| {
        let name = Switched::spec().name;
        // Whether it was there is known only by taking it away.
        let there = !live.enable_tool(&name, false) && live.enable_tool(&name, true);
        async move { Ok(if there { "It is there." } else { "It is gone." }) }
    })
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
