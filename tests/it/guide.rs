//! The capabilities of a server as the guide shows them: its pages show the files of `examples/guide`
//! as they are, and those do what the pages say.

mod asked;
mod items;
mod layers;
mod page;
mod streams;
mod watched;

#[path = "../../examples/guide/asking.rs"]
mod asking;
#[path = "../../examples/guide/context.rs"]
mod context;
#[path = "../../examples/guide/live.rs"]
mod live;
#[path = "../../examples/guide/middleware.rs"]
mod middleware;
#[path = "../../examples/guide/prompts.rs"]
mod prompts;
#[path = "../../examples/guide/resources.rs"]
mod resources;
#[path = "../../examples/guide/resumption.rs"]
mod resumption;
#[path = "../../examples/guide/roots.rs"]
mod roots;
#[path = "../../examples/guide/sampling.rs"]
mod sampling;
#[path = "../../examples/guide/stateless.rs"]
mod stateless;
#[path = "../../examples/guide/subscriptions.rs"]
mod subscriptions;
#[path = "../../examples/guide/templates.rs"]
mod templates;

use serde_json::{Value, json};
use toolgate_auth::{auth_fn, bearer};
use toolgate_core::{
    Authenticate, Credentials, Identity, IntoService, Key, Reply, Scopes, Verdict, env::Env,
};
use toolgate_testkit::TestClient;
use toolgate_transport::http::{Http, Listen};

use crate::support::served::Served;

/// A client of a server in memory, as somebody without scopes.
fn client(server: impl IntoService) -> TestClient {
    TestClient::new(server).unwrap().as_user("ann", Scopes::default())
}

/// What a request is answered with.
async fn ask(client: &TestClient, method: &str, params: Value) -> Value {
    value(&client.call_raw(method, params).await.unwrap())
}

/// What completes an argument of something.
async fn complete(client: &TestClient, reference: Value, argument: Value, known: Value) -> Value {
    let context = json!({ "arguments": known });
    let params = json!({ "ref": reference, "argument": argument, "context": context });
    ask(client, "completion/complete", params).await["completion"]["values"].take()
}

fn value(reply: &Reply) -> Value {
    reply.fields.to_object().parse().unwrap()
}

/// A tool's text.
async fn text(client: &TestClient, tool: &str, arguments: Value) -> String {
    text_of(&ask(client, "tools/call", json!({ "name": tool, "arguments": arguments })).await)
}

fn text_of(result: &Value) -> String {
    result["content"][0]["text"].as_str().unwrap_or_default().into()
}

/// A server over HTTP, to whom everybody is who they say.
async fn served(server: impl IntoService, http: Http<Listen>) -> Served {
    let http = http.env_from(Env::of([("TOOLGATE_ADDR", "127.0.0.1:0")]));
    Served::start(server, http.auth(by_name())).await
}

fn by_name() -> impl Authenticate {
    auth_fn(|credentials: Credentials| async move {
        let name = bearer(&credentials)?;
        Ok::<_, Verdict>(Identity::new(Key::new("test", name.expose())))
    })
}
