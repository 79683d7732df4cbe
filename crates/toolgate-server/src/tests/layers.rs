//! Layers around requests and around the work of items.

mod inner;
mod outer;

use std::sync::{Arc, Mutex};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use toolgate_core::Context;

use crate::{PromptSpec, ResourceSpec, Server, ToolSpec};

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

#[derive(Deserialize, JsonSchema)]
struct City {
    city: String,
}

/// What was seen, in order.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn push(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// One item of each kind. All but `free` need a scope, and `secret` a role.
fn items() -> Server {
    let city = |city: City, _: Context| async move { Ok(format!("in {}", city.city)) };
    Server::new("s", "1")
        .tool_fn(ToolSpec::new("free"), |_: Nothing, _: Context| async { Ok("free") })
        .tool_fn(ToolSpec::new("weather").scopes(["read"]), city)
        .tool_fn(ToolSpec::new("secret").roles(["admin"]), |_: Nothing, _| async { Ok("s3cr3t") })
        .resource_fn(ResourceSpec::new("w://all").name("all").scopes(["read"]), |(), _| async {
            Ok("everywhere")
        })
        .resource_fn(ResourceSpec::new("w://in/{city}").name("one").scopes(["read"]), city)
        .prompt_fn(PromptSpec::new("ask").scopes(["read"]), city)
}

/// A use of each kind, with what an inner layer sees of it.
fn uses() -> [(&'static str, Value, &'static str); 4] {
    let bonn = json!({"city": "Bonn"});
    [
        (
            "tools/call",
            json!({"name": "weather", "arguments": bonn}),
            r#"tool weather {"city":"Bonn"} None"#,
        ),
        ("resources/read", json!({"uri": "w://all"}), r#"resource all {} Some("w://all")"#),
        (
            "resources/read",
            json!({"uri": "w://in/Bonn"}),
            r#"template one {"city":"Bonn"} Some("w://in/Bonn")"#,
        ),
        (
            "prompts/get",
            json!({"name": "ask", "arguments": bonn}),
            r#"prompt ask {"city":"Bonn"} None"#,
        ),
    ]
}
