//! The server behind the seam, called as a transport would.

mod answers;
mod asks;
mod audit;
mod calls;
mod completion;
mod decisions;
mod guards;
mod hierarchies;
mod layers;
mod lists;
mod live;
mod meant;
mod pages;
mod policies;
mod prompts;
mod resources;
mod schemas;
mod states;
mod step_up;

use std::sync::Arc;

use serde_json::{Value, json};
use toolgate_core::{
    Caller, Context, Error, Identity, IntoService, Key, Reply, Request, Scopes, Service,
    protocol::{Json, RequestMeta},
};

/// A service, and who calls it.
struct Calls {
    service: Arc<dyn Service>,
    caller: Caller,
}

fn serve(server: impl IntoService) -> Calls {
    Calls { service: server.into_service().unwrap(), caller: Caller::Open }
}

impl Calls {
    fn by(&self, scopes: impl Into<Scopes>) -> Self {
        self.by_identity(Identity::new(Key::new("test", "user-1")).scopes(scopes))
    }

    fn by_identity(&self, identity: Identity) -> Self {
        Self { service: self.service.clone(), caller: identity.into() }
    }

    async fn request(&self, method: &'static str, params: Value) -> Result<Reply, Error> {
        let params = Json::of(&params).unwrap();
        let meta = RequestMeta::read(Some(&params)).unwrap();
        let cx = Context::with(self.caller.clone(), meta, None);
        self.service.call(Request::new(method, params), cx).await?.reply().await
    }

    /// The result of a `tools/call`, as JSON.
    async fn call(&self, name: &str, arguments: Value) -> Result<Value, Error> {
        let params = json!({ "name": name, "arguments": arguments });
        self.request("tools/call", params).await.map(|reply| value(&reply))
    }

    /// The names in `tools/list`.
    async fn names(&self) -> Vec<String> {
        let list = value(&self.request("tools/list", json!({})).await.unwrap());
        let tools = list["tools"].as_array().unwrap();
        tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }
}

fn value(reply: &Reply) -> Value {
    reply.fields.to_object().parse().unwrap()
}
