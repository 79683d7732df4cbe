//! oidc-provider as the authorization server, and one example for each kind of token that it issues.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::matrix::{self, Cell, Cells};
use super::{install, script, table};
use crate::Result;
use crate::command::program;
use crate::server::{self, Server};

/// What is checked of each: `-` in the table is where there is no such thing.
const CHECKS: &[&str] = &[
    "discovery",
    "login",
    "call",
    "refresh",
    "made up",
    "other server",
    "other kind",
    "scope",
    "nonces",
    "our nonces",
    "proof",
    "replay",
    "stolen",
];

/// How long all checks of one example may take.
const PATIENCE: Duration = Duration::from_secs(90);

/// What the client `desk` proves itself with, and the example that asks about tokens.
const DESK: &str = "a secret of this machine alone";

/// A kind of token, and the example that takes no other.
struct Kind {
    name: &'static str,
    format: &'static str,
    example: &'static str,
    /// The scope that is asked for.
    scope: &'static str,
    /// Whether the tool wants it.
    needed: bool,
}

const KINDS: &[Kind] = &[
    Kind { name: "jwt", format: "jwt", example: "hello_auth", scope: "mcp:hello", needed: true },
    Kind {
        name: "opaque",
        format: "opaque",
        example: "introspection",
        scope: "profile",
        needed: true,
    },
    Kind { name: "dpop", format: "jwt", example: "dpop", scope: "who", needed: false },
];

/// An example and where it will listen: the issuer has to know before it starts.
struct Place {
    kind: &'static Kind,
    executable: String,
    address: String,
}

/// Runs every check of every kind, and draws what was found.
pub(crate) fn check() -> Result {
    install()?;
    let places: Vec<Place> = KINDS.iter().map(Place::find).collect::<Result<_>>()?;
    let (issuer, _provider) = provider(resources(&places), "")?;
    let mut results = Vec::new();
    for place in &places {
        println!("\n{} of oidc-provider, at `{}`", place.kind.name, place.kind.example);
        let _server = place.start(&issuer)?;
        let mut node = program("node", "oidc/oidc.mjs");
        node.current_dir("tests/clients").env("SCENE", place.scene(&issuer, &places).to_string());
        let said = script::run(&mut node, PATIENCE)?;
        results.push(matrix::cells(&said, CHECKS.iter().copied()));
    }
    println!("\n{}", draw(&results)?);
    table::judge(&results)
}

impl Place {
    fn find(kind: &'static Kind) -> Result<Self> {
        let executable = server::build("--example", kind.example)?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        Ok(Self { kind, executable, address })
    }

    fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// A resource of the same issuer that is not this one.
    fn other(&self) -> String {
        format!("http://{}/other", self.address)
    }

    fn start(&self, issuer: &str) -> Result<Server> {
        let mut command = Command::new(&self.executable);
        command.env("TOOLGATE_ISSUER", issuer).env("TOOLGATE_PUBLIC_URL", self.url());
        command.env("CLIENT_ID", "desk").env("CLIENT_SECRET", DESK);
        let mut server = Server::start_at(&mut command, &self.address)?;
        server.listens(&self.address)?;
        Ok(server)
    }

    fn scene(&self, issuer: &str, places: &[Self]) -> Value {
        let tool = match self.kind.example {
            "hello_auth" => json!({ "name": "hello", "arguments": { "greeting": "Hi" } }),
            _ => json!({ "name": "who", "arguments": {} }),
        };
        let odd = places.iter().find(|place| place.kind.format != self.kind.format);
        json!({
            "kind": self.kind.name,
            "url": self.url(),
            "other": self.other(),
            "odd": odd.map(|odd| json!({ "resource": odd.url(), "scope": odd.kind.scope })),
            "issuer": issuer,
            "tool": tool,
            "scope": self.kind.scope,
            "needs": self.kind.needed.then_some(self.kind.scope),
            "desk": DESK,
        })
    }
}

/// All of these as resources of one issuer, each with its other one.
fn resources(places: &[Place]) -> Map<String, Value> {
    let resources = places.iter().flat_map(|place| {
        let kind = json!({ "scope": place.kind.scope, "format": place.kind.format });
        [(place.url(), kind.clone()), (place.other(), kind)]
    });
    resources.collect()
}

/// Starts oidc-provider as the issuer of tokens for these, with pages of one origin.
pub(super) fn provider(resources: Map<String, Value>, page: &str) -> Result<(String, Server)> {
    let mut node = program("node", "oidc/provider.mjs");
    node.current_dir("tests/clients").env("DESK", DESK).env("PAGES", page);
    node.env("RESOURCES", Value::Object(resources).to_string());
    let server = Server::start(&mut node)?;
    let issuer =
        server.line("issuer", |line| line.strip_prefix("issuer:").and_then(server::url))?;
    Ok((issuer, server))
}

fn draw(results: &[Cells]) -> Result<String> {
    let mut text = format!("oidc-provider {}\n\n", table::version("oidc-provider")?);
    let heads = ["token", "example"].into_iter().chain(CHECKS.iter().copied());
    let mut lines = vec![heads.map(str::to_owned).collect::<Vec<_>>()];
    let mut failed = String::new();
    for (kind, cells) in KINDS.iter().zip(results) {
        let mut line = vec![kind.name.to_owned(), kind.example.to_owned()];
        for check in CHECKS {
            let (mark, reason) = table::marked(cells.get(check));
            line.push(mark.to_owned());
            if let (Some(Cell::Fail(_)) | None, Some(reason)) = (cells.get(check), reason) {
                writeln!(failed, "FAIL  {}, {check}: {reason}", kind.name)?;
            }
        }
        lines.push(line);
    }
    text.push_str(&table::aligned(&lines));
    text.push_str(&failed);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{CHECKS, KINDS};

    #[test]
    fn every_check_is_in_the_script() {
        let script = include_str!("../../../tests/clients/oidc/oidc.mjs");
        for check in CHECKS {
            assert!(script.contains(&format!("check('{check}'")), "{check}");
        }
        assert!(KINDS.iter().all(|kind| script.contains(&format!("`{}`", kind.name))));
    }
}
