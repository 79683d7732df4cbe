//! A tool that calls another server on behalf of its caller, with a token that the caller's was exchanged
//! for.
//!
//! Reads `TOOLGATE_ISSUER`, `CLIENT_ID` and `CLIENT_SECRET` of this server at the issuer, `REPORTS_URL`,
//! `TOOLGATE_PUBLIC_URL` and `TOOLGATE_ADDR`.

use ::http::Request;
use bytes::Bytes;
use toolgate::{
    StartError,
    auth::{Fetch, HttpFetch, Target, exchange, presets},
    prelude::*,
};

/// The other server.
struct Reports {
    url: String,
    fetch: HttpFetch,
}

/// Fetch the caller's report.
#[derive(Tool)]
#[tool(read_only, roles("auditor"))]
struct Report;

impl Run<Reports> for Report {
    type Output = String;
    async fn run(self, reports: &Reports, cx: &Context) -> Result<String> {
        // The caller's own token is for this server, and is given to no other.
        let token =
            cx.exchange(&Target::new().audience("reports").scopes(["reports:read"])).await?;
        let request = Request::get(&reports.url).header("authorization", token.bearer());
        let answer = reports.fetch.fetch(request.body(Bytes::new())?).await?;
        if !answer.status().is_success() {
            return Err(ToolError::shown("there is no report for you"));
        }
        Ok(String::from_utf8(answer.into_body().into())?)
    }
}

fn variable(name: &str) -> Result<String, StartError> {
    std::env::var(name).map_err(|_| StartError::new(format!("{name} is not set")))
}

#[tokio::main]
async fn main() -> Result<(), ServeError> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let issuer = variable("TOOLGATE_ISSUER")?;
    let on_behalf =
        exchange(&*issuer).client_secret(variable("CLIENT_ID")?, variable("CLIENT_SECRET")?);
    let http = http::listen().auth(presets::keycloak(issuer).exchange(on_behalf).build()?);
    // Reports may be on this machine.
    let fetch = HttpFetch::builder().allow_loopback(true).build()?;
    let reports = Reports { url: variable("REPORTS_URL")?, fetch };
    Server::new("portal", "1.0.0").state(reports).tool::<Report>().serve(http).await
}
