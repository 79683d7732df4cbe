//! The lint of a server, with what is meant all the same.

use std::fmt;

use super::{Client, Finding, Rule, schemas};
use crate::client::TestClient;

/// Begins a lint with exceptions, of the tools that this client sees. Who sees them all is best.
///
/// ```
/// # use toolgate_server::{Server, ToolSpec};
/// use toolgate_testkit::{
///     TestClient,
///     lint::{self, Client, Rule},
/// };
///
/// # #[derive(serde::Deserialize, schemars::JsonSchema)]
/// # struct Page { #[expect(dead_code)] more: serde_json::Value }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let list = |_: Page, _| async move { Ok(0) };
/// # let server = Server::new("shop", "1").open().tool_fn(ToolSpec::new("list"), list);
/// let client = TestClient::new(server)?;
/// lint::portable(&client)
///     .without(Client::Cursor)
///     .allow("list", "more", Rule::NoType)
///     .check()
///     .await?;
/// # Ok(())
/// # }
/// ```
pub fn portable(client: &TestClient) -> Portable<'_> {
    Portable { client, allowed: Vec::new(), without: Vec::new() }
}

/// A lint with exceptions; begun by [`portable`].
#[derive(Debug)]
#[must_use = "nothing is checked before `check`"]
pub struct Portable<'a> {
    client: &'a TestClient,
    allowed: Vec<Allowed>,
    without: Vec<Client>,
}

#[derive(Debug)]
struct Allowed {
    tool: String,
    field: String,
    rule: Rule,
}

/// What is in the way of some client. `Debug` is the readable list as well, so that `unwrap` and `?`
/// in a test show it.
pub struct Unportable {
    server: String,
    findings: Vec<Finding>,
    /// What is wrong besides, a sentence each.
    others: Vec<String>,
}

impl Portable<'_> {
    /// Allows what a rule finds in a field of a tool, for all clients, in arguments and answer alike.
    /// Fields are written as in [`Finding::field`].
    ///
    /// What allows nothing that is found is told too: it has to go when its reason does.
    pub fn allow(mut self, tool: impl Into<String>, field: impl Into<String>, rule: Rule) -> Self {
        self.allowed.push(Allowed { tool: tool.into(), field: field.into(), rule });
        self
    }

    /// Leaves out a client that this server never meets.
    pub fn without(mut self, client: Client) -> Self {
        self.without.push(client);
        self
    }

    /// Runs the lint.
    ///
    /// # Errors
    /// With all that was found and not allowed, or allowed and not found. Also when the server lists
    /// no tools for this client, since nothing is checked then.
    pub async fn check(self) -> Result<(), Unportable> {
        let server = self.client.server_name();
        let (findings, others) = match self.client.list_tools().await {
            Ok(tools) if tools.is_empty() => {
                (Vec::new(), vec!["this client sees no tools".to_owned()])
            }
            Ok(tools) => self.judge(schemas(&server, &tools)),
            Err(error) => (Vec::new(), vec![format!("its tools cannot be listed: {error}")]),
        };
        if findings.is_empty() && others.is_empty() {
            return Ok(());
        }
        Err(Unportable { server, findings, others })
    }

    /// What is left of findings, and which exceptions are not needed.
    fn judge(&self, mut findings: Vec<Finding>) -> (Vec<Finding>, Vec<String>) {
        findings.retain(|finding| !self.without.contains(&finding.client));
        let idle = self
            .allowed
            .iter()
            .filter(|allowed| !findings.iter().any(|finding| allowed.covers(finding)));
        let idle = idle.map(Allowed::to_string).collect();
        findings.retain(|finding| !self.allowed.iter().any(|allowed| allowed.covers(finding)));
        (findings, idle)
    }
}

impl Allowed {
    fn covers(&self, finding: &Finding) -> bool {
        finding.tool == self.tool && finding.field == self.field && finding.rule == self.rule
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tool, field, rule } = self;
        write!(f, "tool `{tool}`, field `{field}`: allowed and not found (Rule::{rule:?})")
    }
}

impl Unportable {
    /// What was found and not allowed.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

impl fmt::Display for Unportable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the tools of `{}` are not for every client:", self.server)?;
        self.findings.iter().try_for_each(|finding| write!(f, "\n  {finding}"))?;
        self.others.iter().try_for_each(|other| write!(f, "\n  {other}"))
    }
}

impl fmt::Debug for Unportable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Unportable {}
