//! A client in the same process, which is whoever the test says.

mod exchange;
mod params;
mod promise;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use toolgate_core::{
    Caller, Context, Error, Identity, IntoService, Key, Reply, Request, Scopes, Service,
    StartError, era,
    protocol::{
        Json, LogLevel, Params, ProgressToken, RequestMeta, code,
        discover::Discovered,
        input::InputRequired,
        meta::BadMeta,
        method,
        tool::{CallToolResult, Tool},
    },
    reply::Kind,
};

pub use self::exchange::Exchange;
use self::{params::Declared, promise::Promise};

/// The issuer of identities that [`TestClient::as_user`] makes.
const ISSUER: &str = "test";

/// Pages of a list that are read. A server that goes on beyond goes on for ever.
const PAGES: usize = 1000;

/// Calls a server in memory, through the same [`Service`] that transports call.
///
/// A new client is nobody, [`Caller::Open`], which a server refuses unless it was built open.
/// [`as_user`](Self::as_user) makes another of the same server that is somebody. There is no
/// authenticator in between: who a test says it is, that it is. Requests say of themselves what
/// revision 2026-07-28 asks for, in `_meta`; what a test puts there itself is left as it is.
///
/// Every answer of a tool is held against the output schema that the server lists for it, and one
/// that breaks it panics: whatever the test is about, that is a bug. For this the tools are listed
/// after a call, as the same caller. Failures are not held, nor is anything to a `pattern` that looks
/// around. [`unchecked`](Self::unchecked) makes a client that holds nothing.
///
/// ```
/// use std::sync::Arc;
/// use serde_json::json;
/// use toolgate_core::{
///     BoxFuture, Card, Context, Error, Reply, Request, Running, Service,
///     protocol::discover::Implementation,
/// };
/// use toolgate_testkit::TestClient;
///
/// struct WhoAmI;
///
/// impl Service for WhoAmI {
///     fn card(&self) -> Arc<Card> {
///         Arc::new(Card::new(Implementation::new("who-am-i", "1")))
///     }
///     fn call(&self, _: Request, cx: Context) -> BoxFuture<'_, Result<Running, Error>> {
///         Box::pin(async move {
///             let name = cx.identity()?.key.subject.clone();
///             let text = json!({ "content": [{ "type": "text", "text": name }] });
///             Ok(Running::Done(Reply::of(&text)?))
///         })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = TestClient::new(WhoAmI)?;
/// assert!(client.call_tool("whoami", json!({})).await.is_err());
///
/// let ann = client.as_user("ann", ["files:write"]);
/// assert_eq!(ann.call_tool("whoami", json!({})).await?.content, ["ann".into()]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TestClient {
    service: Arc<dyn Service>,
    caller: Caller,
    declared: Declared,
    checks: bool,
    /// Shared by clones, so that no two requests to one server have the same token.
    progress_tokens: Arc<AtomicI64>,
}

impl TestClient {
    /// A client that is nobody.
    ///
    /// # Errors
    /// When the server refuses to start.
    pub fn new(server: impl IntoService) -> Result<Self, StartError> {
        Ok(Self {
            service: server.into_service()?,
            caller: Caller::Open,
            declared: Declared::default(),
            checks: true,
            progress_tokens: Arc::new(AtomicI64::new(1)),
        })
    }

    /// The same, as a user of the issuer `test` with these scopes.
    #[must_use]
    pub fn as_user(&self, subject: impl Into<Box<str>>, scopes: impl Into<Scopes>) -> Self {
        self.as_identity(Identity::new(Key::new(ISSUER, subject)).scopes(scopes))
    }

    /// The same, as anybody: with roles, an expiry, types of your own.
    #[must_use]
    pub fn as_identity(&self, identity: Identity) -> Self {
        Self { caller: identity.into(), ..self.clone() }
    }

    /// The same, as nobody.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self { caller: Caller::Open, ..self.clone() }
    }

    /// The same, declaring these capabilities, a `ClientCapabilities` object; none is declared
    /// otherwise.
    #[must_use]
    pub fn capabilities(mut self, capabilities: Value) -> Self {
        self.declared.capabilities = capabilities;
        self
    }

    /// The same, asking for log messages from this level up; none is asked for otherwise.
    #[must_use]
    pub fn log_level(mut self, least: LogLevel) -> Self {
        self.declared.log_level = Some(least);
        self
    }

    /// The same, taking answers that break the output schema of their tool.
    #[must_use]
    pub fn unchecked(mut self) -> Self {
        self.checks = false;
        self
    }

    /// Asks what the server is (`server/discover`).
    ///
    /// # Errors
    /// The server's; `-32603` when its answer has another shape.
    pub async fn discover(&self) -> Result<Discovered, Error> {
        complete(&self.call_raw(method::DISCOVER, json!({})).await?)
    }

    /// Lists the tools that this caller may see, on all pages (`tools/list`).
    ///
    /// # Errors
    /// The server's; `-32603` when its answer has another shape or does not end.
    pub async fn list_tools(&self) -> Result<Vec<Tool>, Error> {
        let (mut tools, mut params) = (Vec::new(), json!({}));
        for _ in 0..PAGES {
            let page: ToolsPage = complete(&self.call_raw(method::TOOLS_LIST, params).await?)?;
            tools.extend(page.tools);
            match page.next_cursor {
                Some(cursor) => params = json!({ "cursor": cursor }),
                None => return Ok(tools),
            }
        }
        Err(Error::new(code::INTERNAL_ERROR, "the list of tools does not end"))
    }

    /// Calls a tool (`tools/call`). A tool that fails in a way the model should see is no error
    /// here: look at `is_error`.
    ///
    /// # Errors
    /// The server's; `-32603` when its answer has another shape, or asks for input:
    /// [`call_raw`](Self::call_raw) and [`answer`](Self::answer) are for those.
    ///
    /// # Panics
    /// When the answer breaks the output schema of the tool.
    pub async fn call_tool(&self, name: &str, arguments: Value) -> Result<CallToolResult, Error> {
        let params = json!({ "name": name, "arguments": arguments });
        complete(&self.call_raw(method::TOOLS_CALL, params).await?)
    }

    /// Calls a tool and takes its progress on the way. Dropping the exchange cancels the call.
    ///
    /// # Errors
    /// When the server refuses the call.
    pub async fn call_tool_with_progress(
        &self,
        name: &str,
        arguments: Value,
    ) -> Result<Exchange, Error> {
        self.open(method::TOOLS_CALL, json!({ "name": name, "arguments": arguments })).await
    }

    /// Sends any request, without asking for progress, and waits for its reply.
    ///
    /// # Errors
    /// The server's, and a transport's: parameters that are no object, a revision that is not served.
    ///
    /// # Panics
    /// When it is the call of a tool, and the answer breaks the output schema of the tool.
    pub async fn call_raw(&self, method: &str, params: Value) -> Result<Reply, Error> {
        self.send(method, params, None).await?.reply().await
    }

    /// Sends any request, asking for progress. Nothing runs on before
    /// [`next_note`](Exchange::next_note) or [`reply`](Exchange::reply) is awaited.
    ///
    /// # Errors
    /// When the server refuses the request.
    pub async fn open(&self, method: &str, params: Value) -> Result<Exchange, Error> {
        let token = self.progress_tokens.fetch_add(1, Ordering::Relaxed);
        self.send(method, params, Some(token.into())).await
    }

    /// Sends a request again, with answers to what the server asked for in `question` (basic,
    /// "Multi round-trip requests"). `answers` go by the keys of its `inputRequests`.
    ///
    /// # Errors
    /// As [`call_raw`](Self::call_raw); `-32603` when `question` is none.
    pub async fn answer<const N: usize>(
        &self,
        method: &str,
        mut params: Value,
        question: &Reply,
        answers: [(&str, Value); N],
    ) -> Result<Reply, Error> {
        if question.kind != Kind::InputRequired {
            return Err(Error::new(code::INTERNAL_ERROR, "the reply to answer asks for nothing"));
        }
        let InputRequired { request_state, .. } = parse(question)?;
        if let Some(params) = params.as_object_mut() {
            let answers = answers.map(|(key, value)| (key.to_owned(), value));
            params.insert("inputResponses".into(), Map::from_iter(answers).into());
            if let Some(state) = request_state {
                params.insert("requestState".into(), state.into());
            }
        }
        self.call_raw(method, params).await
    }

    pub(crate) fn server_name(&self) -> String {
        self.service.card().server.name.clone()
    }

    async fn send(
        &self,
        method: &str,
        params: Value,
        token: Option<ProgressToken>,
    ) -> Result<Exchange, Error> {
        let params = params::with_meta(params, &self.declared, token)?;
        let meta = admitted(method, &params)?;
        let promise = Promise::of(self, method, &params);
        let cx = Context::with(self.caller.clone(), meta, None);
        let request = Request::new(method.to_owned(), params);
        self.service.call(request, cx).await.map(|running| Exchange::new(running, promise))
    }
}

/// What every transport sees to before it calls a service.
fn admitted(method: &str, params: &Json) -> Result<RequestMeta, Error> {
    let bad = |bad: BadMeta| Error::invalid_params(bad.message);
    let params = Params::split(params).map_err(bad)?;
    let meta = params.meta().map_err(bad)?;
    era::supported(era::required(method, &params, &meta)?)?;
    Ok(meta)
}

fn complete<T: DeserializeOwned>(reply: &Reply) -> Result<T, Error> {
    if reply.kind != Kind::Complete {
        let message =
            format!("the result is `{}`: see `TestClient::call_raw`", reply.kind.as_str());
        return Err(Error::new(code::INTERNAL_ERROR, message));
    }
    parse(reply)
}

fn parse<T: DeserializeOwned>(reply: &Reply) -> Result<T, Error> {
    reply.fields.to_object().parse().map_err(|error| {
        Error::new(code::INTERNAL_ERROR, format!("the result has another shape: {error}"))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToolsPage {
    tools: Vec<Tool>,
    next_cursor: Option<String>,
}

impl fmt::Debug for TestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestClient").field("caller", &self.caller).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
