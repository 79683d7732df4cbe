//! Lists that change while they are served; whoever watches them is told.

use toolgate::{Live, prelude::*};

/// Load or unload the plug-in that knows the moon.
#[derive(Tool)]
struct Plugin {
    loaded: bool,
}

/// Tell the phase of the moon.
#[derive(Tool)]
#[tool(read_only)]
struct Moon {}

impl Run for Moon {
    type Output = &'static str;

    async fn run(self, _: &(), _: &Context) -> Result<&'static str> {
        Ok("waxing")
    }
}

/// Be there during the day.
#[derive(Tool)]
struct Sun {}

impl Run for Sun {
    type Output = &'static str;

    async fn run(self, _: &(), _: &Context) -> Result<&'static str> {
        Ok("shining")
    }
}

fn plug(live: &Live, loaded: bool) -> Result<&'static str> {
    if loaded {
        live.add_tool::<Moon>()?;
        // Hidden from everybody, in its place: it comes back where it was.
        live.enable_tool("sun", false);
        Ok("the moon has risen")
    } else {
        live.remove_tool("moon");
        live.enable_tool("sun", true);
        Ok("the moon has set")
    }
}

pub(crate) fn server() -> Server {
    let server = Server::new("live", "1.0.0").tool::<Sun>();
    // Works before serving and while serving; clones change the same server.
    let live = server.live();
    server.tool_fn(Plugin::spec(), move |plugin: Plugin, _| {
        let done = plug(&live, plugin.loaded);
        async move { done }
    })
}
