//! A client in memory, which acts as whoever it is told to be.

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde_json::{Value, json};
use toolgate_core::{
    Caller, Context, Error, Identity, IntoService, Key, Note, Notes, Out, Reply, Request, Running,
    Scopes, Service, StartError,
};
use toolgate_protocol::{
    Json, RequestMeta, meta, method,
    tool::{CallToolResult, Tool},
    version,
};

/// Calls a server in memory: no socket, no token, the very service that a transport would serve.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use serde_json::json;
/// use toolgate_server::{Server, Spec};
/// use toolgate_testkit::TestClient;
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// struct Nothing {}
///
/// let server = Server::new("files", "1.0.0")
///     .tool_fn(Spec::new("wipe").scopes(["files:write"]), |_: Nothing, _| async { Ok("done") });
///
/// let client = TestClient::new(server)?;
/// let ann = client.as_user("ann", ["files:write"]);
/// assert_eq!(ann.call_tool("wipe", json!({})).await?.content, ["done".into()]);
/// assert!(client.as_user("bob", ["files:read"]).list_tools().await?.is_empty());
/// assert!(client.list_tools().await.is_err(), "nobody is asking");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct TestClient {
    service: Arc<dyn Service>,
    caller: Caller,
    capabilities: Value,
}

impl TestClient {
    /// A client without identity.
    ///
    /// # Errors
    /// When the server's settings contradict each other.
    pub fn new(server: impl IntoService) -> Result<Self, StartError> {
        Ok(Self { service: server.into_service()?, caller: Caller::Open, capabilities: json!({}) })
    }

    /// The same, as a user of the issuer `test` with these scopes.
    #[must_use]
    pub fn as_user(&self, subject: &str, scopes: impl Into<Scopes>) -> Self {
        self.as_identity(Identity::new(Key::new("test", subject)).scopes(scopes))
    }

    /// The same, as anybody.
    #[must_use]
    pub fn as_identity(&self, identity: Identity) -> Self {
        Self { caller: identity.into(), ..self.clone() }
    }

    /// The same, declaring client capabilities, an object such as `{"elicitation": {}}`.
    #[must_use]
    pub fn capable_of(&self, capabilities: Value) -> Self {
        Self { capabilities, ..self.clone() }
    }

    /// All tools that this caller sees.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn list_tools(&self) -> Result<Vec<Tool>, Error> {
        let list = self.call(method::TOOLS_LIST, json!({})).await?.fields.to_object();
        let list: BTreeMap<String, Json> = list.parse().map_err(|_| Error::internal())?;
        let tools = list.get("tools").and_then(|tools| tools.parse().ok());
        tools.ok_or_else(Error::internal)
    }

    /// Calls a tool and waits for its result.
    ///
    /// # Errors
    /// The server's error; what the tool itself says went wrong is a result.
    pub async fn call_tool(&self, name: &str, arguments: Value) -> Result<CallToolResult, Error> {
        let params = json!({ "name": name, "arguments": arguments });
        let reply = self.call(method::TOOLS_CALL, params).await?;
        reply.fields.to_object().parse().map_err(|_| Error::internal())
    }

    /// Sends a request and waits for its reply, such as a question of the server's.
    ///
    /// # Errors
    /// The server's error.
    pub async fn call(&self, method: &'static str, params: Value) -> Result<Reply, Error> {
        self.start(method, params, json!({})).await?.reply().await
    }

    /// Sends a request that asks for progress and log messages.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn open(&self, method: &'static str, params: Value) -> Result<Exchange, Error> {
        let notes = json!({ "progressToken": "test", meta::LOG_LEVEL: "debug" });
        Ok(Exchange(self.start(method, params, notes).await?))
    }

    async fn start(
        &self,
        method: &'static str,
        mut params: Value,
        mut meta: Value,
    ) -> Result<Running, Error> {
        set(&mut meta, meta::PROTOCOL_VERSION, version::MODERN.into())?;
        set(&mut meta, meta::CLIENT_CAPABILITIES, self.capabilities.clone())?;
        set(&mut params, "_meta", meta)?;
        let params = Json::of(&params).map_err(|_| Error::internal())?;
        let meta = RequestMeta::read(Some(&params));
        let meta = meta.map_err(|bad| Error::invalid_params(bad.message))?;
        let cx = Context::with(self.caller.clone(), meta, None);
        self.service.call(Request::new(method, params), cx).await
    }
}

fn set(object: &mut Value, name: &str, value: Value) -> Result<(), Error> {
    let members = object.as_object_mut();
    let members = members.ok_or_else(|| Error::invalid_params("parameters are an object"))?;
    members.insert(name.to_owned(), value);
    Ok(())
}

impl fmt::Debug for TestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestClient").field("caller", &self.caller).finish_non_exhaustive()
    }
}

/// A request under way. Dropping it cancels the request.
#[derive(Debug)]
pub struct Exchange(Running);

impl Exchange {
    /// All notes in order, and then the reply.
    ///
    /// # Errors
    /// The server's error.
    pub async fn finish(self) -> Result<(Vec<Note>, Reply), Error> {
        let (mut notes, mut end) = match self.0 {
            Running::Done(reply) => return Ok((Vec::new(), reply)),
            Running::Open { notes, end } => (notes, end),
            _ => return Err(Error::internal()),
        };
        let mut seen = Vec::new();
        let reply = loop {
            tokio::select! {
                biased;
                Some(out) = next(&mut notes) => keep(&mut seen, out),
                reply = &mut end => break reply?,
            }
        };
        while let Some(out) = notes.waiting() {
            keep(&mut seen, out);
        }
        Ok((seen, reply))
    }
}

fn keep(seen: &mut Vec<Note>, out: Out) {
    if let Out::Note(note) = out {
        seen.push(note);
    }
}

/// The next note, never none: the end of notes is not the end of the request.
async fn next(notes: &mut Notes) -> Option<Out> {
    match notes.next().await {
        Some(out) => Some(out),
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::Deserialize;
    use toolgate_core::Kind;
    use toolgate_server::{Server, Spec, ToolError};

    use super::*;

    #[derive(Deserialize, JsonSchema)]
    struct Nothing {}

    fn client() -> TestClient {
        let server = Server::new("s", "1")
            .tool_fn(Spec::new("steps"), |_: Nothing, cx: Context| async move {
                cx.progress(1.0).await?;
                tokio::task::yield_now().await;
                cx.progress(2.0).await?;
                Ok("done")
            })
            .tool_fn(Spec::new("asks"), |_: Nothing, _| async {
                let request = toolgate_protocol::input::InputRequest::new(
                    "elicitation/create",
                    Json::object(),
                );
                Err::<(), _>(ToolError::asks("sure", request))
            });
        TestClient::new(server).unwrap()
    }

    #[tokio::test]
    async fn notes_come_in_order_and_before_the_reply() {
        let ann = client().as_user("ann", [""; 0]);
        let exchange = ann.open("tools/call", json!({"name": "steps"})).await.unwrap();
        let (notes, reply) = exchange.finish().await.unwrap();
        assert_eq!(notes.len(), 2);
        assert!(notes.iter().all(Note::is_progress));
        assert_eq!(reply.kind, Kind::Complete);
        assert_eq!(ann.list_tools().await.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn a_question_is_a_reply_when_the_client_can_answer() {
        let ann = client().as_user("ann", [""; 0]);
        let ask = json!({"name": "asks"});
        assert!(ann.call("tools/call", ask.clone()).await.is_err());
        let capable = ann.capable_of(json!({"elicitation": {}}));
        let reply = capable.call("tools/call", ask).await.unwrap();
        assert_eq!(reply.kind, Kind::InputRequired);
    }
}
