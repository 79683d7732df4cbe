//! What a tool promises of its answers, held against each one.

use serde::Deserialize;
use serde_json::{Map, Value};
use toolgate_core::{
    BoxFuture, Reply,
    protocol::{Json, method, tool::Tool},
    reply::Kind,
};

use super::TestClient;
use crate::lint::schema::{self, Compiled};

/// A call of a tool that may have an output schema.
pub(super) struct Promise {
    client: TestClient,
    tool: String,
}

#[derive(Deserialize)]
struct Call {
    name: String,
}

impl Promise {
    /// The promise that a request is about: of calls of tools alone, and only for a client that wants
    /// it held.
    pub(super) fn of(client: &TestClient, method: &str, params: &Json) -> Option<Self> {
        if !client.checks || method != method::TOOLS_CALL {
            return None;
        }
        let Call { name } = params.parse().ok()?;
        Some(Self { client: client.clone(), tool: name })
    }

    /// Holds an answer against the schema that the server lists. A tool that is not listed, for this
    /// caller or at all, promised nothing.
    ///
    /// Boxed, since the list is asked for through the same client.
    ///
    /// # Panics
    /// When the answer breaks it.
    pub(super) fn hold<'a>(&'a self, reply: &'a Reply) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let Some(result) = success(reply) else { return };
            let tools = self.client.list_tools().await.unwrap_or_default();
            let tool = tools.iter().find(|tool| tool.name == self.tool);
            let broken = tool.and_then(|tool| broken(tool, &result));
            #[expect(clippy::panic, reason = "a bug in what is tested, in a client for tests")]
            if let Some(why) = broken {
                panic!("tool `{}` breaks its output schema: {why}", self.tool);
            }
        })
    }
}

/// The result, where there is one and it is no failure: those have no data to keep to a schema with.
fn success(reply: &Reply) -> Option<Map<String, Value>> {
    if reply.kind != Kind::Complete {
        return None;
    }
    let result: Map<String, Value> = reply.fields.to_object().parse().ok()?;
    (result.get("isError") != Some(&Value::Bool(true))).then_some(result)
}

/// Why a result is not what its tool promised.
fn broken(tool: &Tool, result: &Map<String, Value>) -> Option<String> {
    let promised: Value = tool.output_schema.as_ref()?.parse().ok()?;
    let compiled = match Compiled::new(promised) {
        Ok(compiled) => compiled,
        Err(why) => return Some(format!("it is no JSON Schema: {why}")),
    };
    let Some(data) = result.get("structuredContent") else {
        return Some("the answer has no `structuredContent`".into());
    };
    let breaches = compiled.breaches(data);
    (!breaches.is_empty()).then(|| schema::join(&breaches))
}

#[cfg(test)]
mod tests;
