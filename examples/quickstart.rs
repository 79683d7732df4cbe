//! A development authorization server and a tool server in one process.
//!
//! Prints the endpoint, a token and a `curl` line that answers.

use toolgate::prelude::*;
use toolgate_testkit::AuthorizationServer;

/// Add two numbers.
#[derive(Tool)]
#[tool(read_only, scopes("calc:add"))]
struct Add {
    a: i64,
    b: i64,
}

impl Run for Add {
    type Output = i64;

    async fn run(self, _: &(), _: &Context) -> Result<i64> {
        self.a.checked_add(self.b).ok_or_else(|| ToolError::shown("the sum is too large"))
    }
}

/// Count slowly, with progress.
#[derive(Tool)]
struct Count {
    /// How far.
    to: u8,
}

impl Run for Count {
    type Output = String;

    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        for step in 1..=self.to {
            cx.progress(f64::from(step)).await?;
        }
        Ok(format!("{} counted to {}", cx.identity()?.key.subject, self.to))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let issuer = AuthorizationServer::start().await?;
    let tokens = issuer.tokens();

    let http = http::listen().auth(jwt(issuer.issuer()).build()?).on_listen(move |at| {
        let token = tokens.token("user-1").scopes(["calc:add"]).audience(&*at.endpoint).sign();
        println!("endpoint: {}\ntoken: {token}\n{}", at.endpoint, curl(&at.endpoint, &token));
    });
    Server::new("quickstart", "1.0.0").tool::<Add>().tool::<Count>().serve(http).await?;
    Ok(())
}

fn curl(url: &str, token: &str) -> String {
    let meta = r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;
    let params = format!(r#"{{"name":"add","arguments":{{"a":2,"b":3}},"_meta":{meta}}}"#);
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
    format!(
        "curl -s {url} -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' \
         -H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' \
         -H 'Mcp-Method: tools/call' -H 'Mcp-Name: add' -d '{body}'"
    )
}
