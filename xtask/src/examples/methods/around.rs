//! An example as a program, and the authorization server that its users come from.

use std::net::TcpListener;
use std::process::Command;

use serde_json::{Value, json};

use crate::Result;
use crate::http::{self, Answer, Ask};
use crate::server::{self, Server};

/// What the client `portal` proves itself with.
const SECRET: &str = "a secret of this machine alone";

/// Where people are sent back to. Nobody goes there.
const BACK: &str = "http://127.0.0.1/back";

/// A secret of RFC 7636, appendix B, and what is shown of it before.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A running example.
#[derive(Debug)]
pub(super) struct Example {
    pub(super) name: &'static str,
    /// Its endpoint.
    pub(super) url: String,
    /// Ends with this value.
    _server: Server,
}

impl Example {
    pub(super) fn start(name: &'static str, variables: &[(&str, &str)]) -> Result<Self> {
        let mut command = Command::new(server::build("--example", name)?);
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let url = format!("http://{address}/mcp");
        command.env("TOOLGATE_PUBLIC_URL", &url).envs(variables.iter().copied());
        let mut server = Server::start_at(&mut command, &address)?;
        server.listens(&address)?;
        Ok(Self { name, url, _server: server })
    }

    /// Calls a tool with a bearer token.
    pub(super) fn call(&self, tool: &str, arguments: Value, token: &str) -> Result<Said> {
        self.send(tool, arguments, &[("Authorization", &format!("Bearer {token}"))])
    }

    /// Calls a tool with these fields.
    pub(super) fn send(
        &self,
        tool: &str,
        arguments: Value,
        fields: &[(&str, &str)],
    ) -> Result<Said> {
        let params = json!({ "name": tool, "arguments": arguments });
        let ask = http::modern(&self.url, "tools/call", Some(tool), params);
        let ask = fields.iter().fold(ask, |ask, (name, value)| ask.with(name, value));
        Ok(Said { by: self.name, answer: ask.send()? })
    }
}

/// What an example has answered.
#[derive(Debug)]
pub(super) struct Said {
    by: &'static str,
    pub(super) answer: Answer,
}

impl Said {
    /// It has this status; and with 200 the tool says this, otherwise the challenge or the error.
    pub(super) fn has(&self, status: u16, expected: &str) -> Result {
        let Self { by, answer } = self;
        let message = answer.message()?;
        let part = |path| message.pointer(path).and_then(Value::as_str).unwrap_or_default();
        let said = match answer.status {
            200 => part("/result/content/0/text"),
            _ => answer.field("www-authenticate").unwrap_or_else(|| part("/error/message")),
        };
        if answer.status != status || !said.contains(expected) {
            return Err(answer.fault(format!("{by}: no {status} with `{expected}`")));
        }
        println!("{by}: {status} {said}");
        Ok(())
    }
}

/// An authorization server at which everybody is Ann, and an API that takes its tokens for reports.
#[derive(Debug)]
pub(super) struct Issuer {
    pub(super) url: String,
    pub(super) reports: String,
    /// Ends with this value.
    _server: Server,
}

impl Issuer {
    pub(super) fn start(words: &str) -> Result<Self> {
        let mut command = Command::new(server::build("--example", "methods")?);
        command.args(words.split_whitespace()).env("REDIRECT", BACK).env("SECRET", SECRET);
        let server = Server::start(&mut command)?;
        let url = server.line("issuer", |line| server::after(line, "issuer:"))?;
        let reports = server.line("reports", |line| server::after(line, "reports:"))?;
        Ok(Self { url, reports, _server: server })
    }

    /// What examples read of where they are.
    pub(super) fn variables(&self) -> [(&str, &str); 4] {
        [
            ("TOOLGATE_ISSUER", &self.url),
            ("CLIENT_ID", "portal"),
            ("CLIENT_SECRET", SECRET),
            ("REPORTS_URL", &self.reports),
        ]
    }

    /// Ann's token for a resource, through a client.
    pub(super) fn login(&self, client: &str, resource: &str, scope: &str) -> Result<String> {
        self.login_with(client, resource, scope, &[])
    }

    /// The same, with these fields where the code is redeemed.
    pub(super) fn login_with(
        &self,
        client: &str,
        resource: &str,
        scope: &str,
        fields: &[(&str, &str)],
    ) -> Result<String> {
        let ask = format!(
            "{}/authorize?response_type=code&client_id={client}&redirect_uri={BACK}\
             &resource={resource}&scope={scope}&code_challenge={CHALLENGE}\
             &code_challenge_method=S256",
            self.url
        );
        let sent = Ask::new("GET", &ask).send()?;
        let parts = sent.field("location").unwrap_or_default().split(['?', '&']);
        let code = parts.filter_map(|part| part.strip_prefix("code=")).next();
        let code = code.ok_or_else(|| sent.fault("no code"))?;
        let redeem = format!(
            "grant_type=authorization_code&client_id={client}&redirect_uri={BACK}&code={code}\
             &code_verifier={VERIFIER}"
        );
        let ask = Ask::form(&format!("{}/token", self.url), redeem);
        let answer = fields.iter().fold(ask, |ask, (name, value)| ask.with(name, value)).send()?;
        let said = answer.message()?;
        let token = said.get("access_token").and_then(Value::as_str);
        Ok(token.ok_or_else(|| answer.fault("no token"))?.to_owned())
    }
}
