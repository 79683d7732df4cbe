//! The authenticated example as a stranger meets it: a process, a socket, and requests that should
//! and should not pass.
//!
//! The rows are those of a probe that was run against eight other MCP servers. Each states the
//! whole answer, and what the log says of it.

mod credentials;
mod cross_origin;
mod documents;
mod hosts;
mod issuer_down;
mod leftovers;
mod logs;
mod old;
mod scopes;
mod shutdown;
mod storm;
mod tokens;

use serde_json::{Value, json};
use toolgate_testkit::AuthorizationServer;

use crate::support::{
    client::{Ask, Reply},
    mcp,
    program::Program,
};

/// The example and who issues its tokens.
struct Hello {
    program: Program,
    issuer: AuthorizationServer,
}

impl Hello {
    async fn start() -> Self {
        Self::start_with(&[]).await
    }

    async fn start_with(variables: &[(&str, &str)]) -> Self {
        let issuer = AuthorizationServer::start().await.expect("an issuer");
        let program = program(&[&[("TOOLGATE_ISSUER", issuer.issuer())], variables].concat()).await;
        Self { program, issuer }
    }

    /// A token of ada's that allows all there is.
    fn token(&self) -> String {
        self.token_with(&["mcp:hello"])
    }

    fn token_with(&self, scopes: &[&str]) -> String {
        let tokens = self.issuer.tokens();
        tokens.token("ada").scopes(scopes.iter().copied()).audience(self.program.url()).sign()
    }

    async fn send(&self, ask: &Ask) -> Reply {
        self.program.send(ask).await
    }

    /// Where challenges point to.
    fn metadata_url(&self) -> String {
        format!("http://{}/.well-known/oauth-protected-resource/mcp", self.program.addr)
    }

    /// A challenge with these parameters after the first.
    fn challenge(&self, more: &str) -> String {
        format!(r#"Bearer resource_metadata="{}"{more}"#, self.metadata_url())
    }

    /// The challenge to a token that is wrong.
    fn invalid_token(&self, why: &str) -> String {
        self.challenge(&format!(r#", error="invalid_token", error_description="{why}""#))
    }

    /// Sees to it that the answer is this refusal and nothing more, to the last field, and that the
    /// log has one line about it.
    async fn expect_refusal(&mut self, reply: &Reply, expected: &Refusal<'_>) {
        let Refusal { status, message, id, challenge, logged } = expected;
        let mut fields = vec![
            "cache-control: no-store".to_owned(),
            "content-type: application/json".to_owned(),
            "x-content-type-options: nosniff".to_owned(),
        ];
        fields.extend(challenge.map(|text| format!("www-authenticate: {text}")));
        fields.sort();
        assert_eq!((reply.status, reply.told()), (*status, fields), "{}", reply.text());
        let mut body = json!({"jsonrpc": "2.0", "error": {"code": -32000, "message": message}});
        if let Some(id) = id {
            body["id"] = id.clone();
        }
        assert_eq!(reply.json(), body);
        let lines = self.program.log().await;
        let refusals: Vec<_> = lines.iter().filter(|line| line.contains(": refused ")).collect();
        let [line] = refusals[..] else { panic!("one line for one refusal: {lines:#?}") };
        let told = format!(r#"status={status} method="POST" reason="{logged}" remedy="#);
        assert!(line.contains(&told), "{line}\nshould say {told}");
    }
}

/// What a refused POST is answered with.
struct Refusal<'a> {
    status: u16,
    message: &'a str,
    id: Option<Value>,
    challenge: Option<&'a str>,
    logged: &'a str,
}

async fn program(variables: &[(&str, &str)]) -> Program {
    Program::start(env!("CARGO_BIN_EXE_hello_auth"), variables).await
}

/// A call that is fine in all but, perhaps, who sends it.
fn hello() -> Ask {
    mcp::post(&mcp::call(7, "hello", json!({"greeting": "hi"})))
}

/// What it is answered with.
fn greeting(to: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": 7, "result": {
        "resultType": "complete",
        "content": [{"type": "text", "text": format!("hi, {to}")}],
        "_meta": {mcp::SERVER_KEY: {"name": "hello", "version": "1.0.0"}},
    }})
}

#[track_caller]
fn expect_greeting(reply: &Reply, to: &str) {
    let fields = [
        "cache-control: no-store",
        "content-type: application/json",
        "x-content-type-options: nosniff",
    ];
    assert_eq!((reply.status, reply.told()), (200, fields.map(str::to_owned).to_vec()));
    assert_eq!(reply.json(), greeting(to));
}
