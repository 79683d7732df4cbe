//! What a client meets: an authorization server, and a server that takes its tokens.

use std::net::TcpListener;
use std::process::Command;

use serde_json::{Map, Value, json};

use crate::Result;
use crate::command::program;
use crate::server::{self, Server};

/// What the server is told on its command line to serve its standard input and output.
const STDIO: &[&str] = &["--stdio"];

/// Where a server over stdio finds the token of its caller.
const TOKEN: &str = "TOOLGATE_TOKEN";

/// Below the endpoint, or clients that log in would say that it is of another resource.
const SSE: &str = "/mcp/sse";

/// An authorization server in Node, and the example that is told of it.
#[derive(Debug)]
pub(crate) struct Stage {
    /// Where the server listens over HTTP: tokens name it before it starts.
    address: String,
    executable: String,
    issuer: String,
    pub(crate) token: String,
    pub(super) expired: String,
    foreign: String,
    /// Ends with this value.
    _issuer: Server,
}

impl Stage {
    /// Builds the example and starts the authorization server.
    pub(crate) fn start(example: &str, scopes: &str) -> Result<Self> {
        let executable = server::build("--example", example)?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let mut node = program("node", "issuer.mjs");
        node.current_dir("tests/clients").env("AUDIENCE", url(&address)).env("SCOPES", scopes);
        let issuer = Server::start(&mut node)?;
        Ok(Self {
            address,
            executable,
            issuer: issuer
                .line("issuer", |line| line.strip_prefix("issuer:").and_then(server::url))?,
            token: issuer.line("token", |line| server::after(line, "token:"))?,
            expired: issuer.line("expired token", |line| server::after(line, "expired:"))?,
            foreign: issuer.line("foreign token", |line| server::after(line, "foreign:"))?,
            _issuer: issuer,
        })
    }

    /// Where the server is over HTTP, once it is started.
    pub(crate) fn url(&self) -> String {
        url(&self.address)
    }

    /// Where the transport is that streamable HTTP has replaced.
    pub(super) fn sse(&self) -> String {
        format!("http://{}{SSE}", self.address)
    }

    /// Where whatever serves has to listen.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// A token that is right but for its audience.
    pub(crate) fn foreign(&self) -> &str {
        &self.foreign
    }

    /// Starts the server over HTTP.
    pub(super) fn server(&self) -> Result<Server> {
        self.server_with(&[])
    }

    /// The same, with more settings.
    pub(crate) fn server_with(&self, more: &[(&str, &str)]) -> Result<Server> {
        let mut command = Command::new(&self.executable);
        command.envs(self.settings()).envs(more.iter().copied());
        let mut server = Server::start_at(&mut command, &self.address)?;
        server.listens(&self.address)?;
        Ok(server)
    }

    /// What a script is told of all this.
    pub(super) fn scene(&self) -> Map<String, Value> {
        let settings = self.settings().map(|(name, value)| (name.to_owned(), value.into()));
        let wrong = json!({
            "made up": "made-up",
            "expired": self.expired,
            "for another server": self.foreign,
        });
        let server = json!({
            "command": self.executable,
            "args": STDIO,
            "env": Value::Object(settings.into_iter().collect()),
            "variable": TOKEN,
        });
        let parts: [(&str, Value); 4] = [
            ("url", self.url().into()),
            ("token", self.token.as_str().into()),
            ("wrong", wrong),
            ("server", server),
        ];
        parts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn settings(&self) -> [(&'static str, String); 3] {
        [
            ("TOOLGATE_ISSUER", self.issuer.clone()),
            ("TOOLGATE_PUBLIC_URL", self.url()),
            ("TOOLGATE_SSE_PATH", SSE.to_owned()),
        ]
    }
}

fn url(address: &str) -> String {
    format!("http://{address}/mcp")
}
