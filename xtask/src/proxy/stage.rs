//! Two stateless nodes, one with sessions and one with certificates, and nginx in front of them.

use std::net::TcpListener;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::era::{Era, text};
use super::nginx::{Around, BOUND, Nginx, PREFIX, SESSIONS, SOURCE};
use crate::Result;
use crate::certificates;
use crate::http::PATIENCE;
use crate::server::{self, Server};

/// How often a node is asked again.
const POLL: Duration = Duration::from_millis(20);

/// Where certificates are.
pub(super) const CERTIFICATES: &str = "target/proxy-certificates";

/// One process of the server.
#[derive(Debug)]
pub(super) struct Node {
    /// Its endpoint, without nginx.
    pub(super) url: String,
    /// What it calls itself.
    pub(super) name: String,
    _server: Server,
}

impl Node {
    fn start(executable: &str, public: &str, stateless: bool) -> Result<Self> {
        let mut command = Command::new(executable);
        command.env("TOOLGATE_PUBLIC_URL", public);
        command.env("TOOLGATE_STATELESS", stateless.to_string());
        let server = Server::start(&mut command)?;
        let url =
            server.line("address", |line| line.strip_prefix("node:").and_then(server::url))?;
        let name = tool(&url, "node")?;
        Ok(Self { url, name, _server: server })
    }

    /// Lets one more note go out of it.
    pub(super) fn release(&self) -> Result {
        tool(&self.url, "release").map(drop)
    }

    /// How many calls of `hang` it has begun, and how many of them were dropped.
    pub(super) fn hung(&self) -> Result<(u32, u32)> {
        let said = tool(&self.url, "hung")?;
        let (begun, dropped) = said.split_once(' ').ok_or("`hung` tells two numbers")?;
        Ok((begun.parse()?, dropped.parse()?))
    }
}

/// The address in the URL of an endpoint.
fn address(url: &str) -> &str {
    url.trim_start_matches("http://").trim_end_matches("/mcp")
}

/// A server whose token is bound to the client's certificate.
#[derive(Debug)]
pub(super) struct Bound {
    /// Its endpoint, without nginx.
    pub(super) url: String,
    /// The only token that it may take.
    pub(super) token: String,
    _server: Server,
}

impl Bound {
    fn start(public: &str) -> Result<Self> {
        let mut command = Command::new(server::build("--example", "proxy_bound")?);
        command.args([&certificates::thumbprint(CERTIFICATES)?, SOURCE]);
        let server = Server::start(command.env("TOOLGATE_PUBLIC_URL", public))?;
        let token = server.line("token", |line| server::after(line, "token:"))?;
        let url =
            server.line("address", |line| line.strip_prefix("node:").and_then(server::url))?;
        Ok(Self { url, token, _server: server })
    }
}

/// What a tool without arguments says to somebody who is not behind nginx.
fn tool(url: &str, name: &str) -> Result<String> {
    text(&Era::Modern.call(url, name, serde_json::json!({})).send()?)
}

#[derive(Debug)]
pub(super) struct Stage {
    /// Behind the prefix of `docs/DEPLOY.md`.
    pub(super) nodes: [Node; 2],
    /// Behind `/sessions/`.
    pub(super) sessions: Node,
    /// Behind `/bound/`, with TLS.
    pub(super) bound: Bound,
    /// Where nginx is.
    pub(super) base: String,
    /// Where it speaks TLS.
    secure: String,
    _nginx: Nginx,
}

impl Stage {
    pub(super) fn start() -> Result<Self> {
        let executable = server::build("--example", "proxy")?;
        certificates::mint(CERTIFICATES)?;
        // Held while the nodes start: they have to be told of nginx before there is one.
        let ports = [TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?];
        let [plain, secure] = ports.each_ref().map(TcpListener::local_addr);
        let (plain, secure) = (plain?.to_string(), secure?.to_string());
        let base = format!("http://{plain}");
        let prefixed = format!("{base}{PREFIX}mcp");
        let node = || Node::start(&executable, &prefixed, true);
        let nodes = [node()?, node()?];
        let sessions = Node::start(&executable, &format!("{base}{SESSIONS}mcp"), false)?;
        let bound = Bound::start(&format!("https://{secure}{BOUND}mcp"))?;
        let around = Around {
            plain: &plain,
            secure: &secure,
            nodes: nodes.each_ref().map(|node| address(&node.url)),
            sessions: address(&sessions.url),
            bound: address(&bound.url),
        };
        drop(ports);
        let nginx = Nginx::start(&around, CERTIFICATES)?;
        Ok(Self { nodes, sessions, bound, base, secure, _nginx: nginx })
    }

    /// The endpoint that asks for certificates.
    pub(super) fn bound_url(&self) -> String {
        format!("https://{}{BOUND}mcp", self.secure)
    }

    /// The endpoint below a path of nginx.
    pub(super) fn url(&self, location: &str) -> String {
        format!("{}{location}mcp", self.base)
    }

    /// The node of this name.
    pub(super) fn node(&self, name: &str) -> Result<&Node> {
        self.all().find(|node| node.name == name).ok_or_else(|| format!("no node is {name}").into())
    }

    fn all(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().chain([&self.sessions])
    }

    /// How many calls of `hang` have begun at all nodes, and how many of them were dropped.
    pub(super) fn hung(&self) -> Result<(u32, u32)> {
        let (mut begun, mut dropped) = (0, 0);
        for node in self.all() {
            let found = node.hung()?;
            begun += found.0;
            dropped += found.1;
        }
        Ok((begun, dropped))
    }

    /// Waits until so many calls of `hang` have begun and were dropped.
    pub(super) fn until_hung(&self, expected: (u32, u32)) -> Result {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.hung()? {
                found if found == expected => return Ok(()),
                found if Instant::now() > until => {
                    let told = format!("begun and dropped are {found:?}, not {expected:?}");
                    return Err(told.into());
                }
                _ => thread::sleep(POLL),
            }
        }
    }
}
