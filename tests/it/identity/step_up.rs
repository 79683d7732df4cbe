//! Logins that are asked for anew (RFC 9470), and scopes that contain others, over HTTP in both eras.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use toolgate::{Json, Run, Tool};
use toolgate_auth::jwt;
use toolgate_testkit::AuthorizationServer;

use super::{Ask, RESOURCE, Reply, Served, bound, mcp, old, said};

/// Pay somebody.
#[derive(Tool)]
#[tool(scopes("payments"), max_age = "15m", acr("phrh", "phr"))]
struct Pay;

impl Run for Pay {
    type Output = &'static str;

    async fn run(self, _: &(), _: &toolgate::Context) -> toolgate::Result<&'static str> {
        Ok("paid")
    }
}

/// Tell how much there is.
#[derive(Tool)]
#[tool(scopes("balance"))]
struct Balance;

impl Run for Balance {
    type Output = Json<u32>;

    async fn run(self, _: &(), _: &toolgate::Context) -> toolgate::Result<Json<u32>> {
        Ok(Json(7))
    }
}

struct Stage {
    issuer: AuthorizationServer,
    served: Served,
}

impl Stage {
    async fn start() -> Self {
        let issuer = AuthorizationServer::start().await.expect("an issuer");
        let auth = jwt(issuer.issuer()).build().expect("settings that agree");
        let server = toolgate::Server::new("bank", "1").tool::<Pay>().tool::<Balance>();
        let server = server.scope_implies("bank", ["payments", "balance"]);
        Self { served: Served::start(server, bound().auth(auth)).await, issuer }
    }

    /// A token of somebody who logged in so many seconds ago, or in so many.
    fn token(&self, ago: i64, acr: &str, scopes: &str) -> String {
        let now = SystemTime::UNIX_EPOCH.elapsed().expect("a clock").as_secs();
        let token = self.issuer.token("ann").audience(RESOURCE).claim("scope", scopes);
        token.claim("auth_time", now.saturating_add_signed(-ago)).claim("acr", acr).sign()
    }

    /// What a tool answers, the same in both eras.
    async fn call(&self, tool: &str, token: &str) -> Reply {
        let stamped = |ask: Ask| ask.bearer(token).with("Host", "mcp.example");
        let modern = stamped(mcp::post(&mcp::call(1, tool, json!({}))));
        let modern = self.served.send(&modern).await;
        let hello = self.served.send(&stamped(old::post(&old::handshake(old::LATEST)))).await;
        let session = hello.field("mcp-session-id").expect("a session").to_owned();
        let ask = stamped(old::post(&old::call(2, tool, json!({}))));
        let ask = ask.with("Mcp-Session-Id", &session);
        let old = self.served.send(&ask.with("MCP-Protocol-Version", old::LATEST)).await;
        assert_eq!(old.status, modern.status, "{}", old.text());
        assert_eq!(old.field("www-authenticate"), modern.field("www-authenticate"));
        modern
    }
}

#[tokio::test]
async fn an_old_or_weak_login_is_asked_for_anew_on_every_request() {
    let stage = Stage::start().await;
    let asked = [
        (stage.token(3600, "phr", "payments balance"), "", r#", max_age="900""#),
        (stage.token(-3600, "phr", "payments balance"), "", r#", max_age="900""#),
        (stage.token(60, "pwd", "payments balance"), r#", acr_values="phrh phr""#, ""),
        (stage.token(3600, "", "balance"), r#", acr_values="phrh phr""#, r#", max_age="900""#),
    ];
    for (token, acr, max_age) in &asked {
        // The second time the token is remembered; the login behind it is judged all the same.
        for _ in 0..2 {
            let reply = stage.call("pay", token).await;
            assert_eq!(reply.outcome(), (401, Some(-32000)), "{}", reply.text());
            let challenge = reply.field("www-authenticate").expect("a challenge");
            let error = format!(
                r#"error="insufficient_user_authentication"{acr}{max_age}, scope="balance payments", "#
            );
            assert!(challenge.starts_with("Bearer resource_metadata="), "{challenge}");
            assert!(challenge.contains(&error), "{challenge}");
        }
        let balance = stage.call("balance", token).await;
        assert_eq!(said(&balance), "7", "what needs no such login goes on");
    }
    let fresh = stage.token(60, "phr", "payments");
    assert_eq!(said(&stage.call("pay", &fresh).await), "paid");
    let list = mcp::post(&mcp::message(1, "tools/list", json!({})));
    let (token, ..) = &asked[0];
    let list = stage.served.send(&list.bearer(token).with("Host", "mcp.example")).await.json();
    let names: Vec<&Value> =
        list["result"]["tools"].as_array().expect("tools").iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["pay", "balance"], "a login grows old without lists changing");
}

#[tokio::test]
async fn a_scope_that_contains_the_needed_one_is_enough_and_is_not_lost() {
    let stage = Stage::start().await;
    let all = stage.token(60, "phr", "bank");
    assert_eq!(said(&stage.call("pay", &all).await), "paid");
    assert_eq!(said(&stage.call("balance", &all).await), "7");
    let reply = stage.call("pay", &stage.token(60, "phr", "other")).await;
    let challenge = reply.field("www-authenticate").expect("a challenge").to_owned();
    assert_eq!(reply.status, 403);
    assert!(challenge.contains(r#"error="insufficient_scope", scope="payments""#), "{challenge}");
    let old = stage.call("pay", &stage.token(3600, "phr", "bank other")).await;
    let challenge = old.field("www-authenticate").expect("a challenge");
    assert!(challenge.contains(r#"scope="bank payments""#), "{challenge}");
    let document = Ask::get("/.well-known/oauth-protected-resource/mcp");
    let document = stage.served.send(&document.with("Host", "mcp.example")).await.json();
    assert_eq!(document["scopes_supported"], json!(["balance", "payments"]));
}

#[tokio::test]
async fn what_a_policy_cannot_decide_is_503_in_both_eras() {
    let issuer = AuthorizationServer::start().await.expect("an issuer");
    let auth = jwt(issuer.issuer()).build().expect("settings that agree");
    let undecided = toolgate::Guard::decided_by(|_| toolgate::Decision::Undecided {
        retry: Duration::from_secs(7),
    });
    let server = toolgate::Server::new("bank", "1").tool::<Balance>().policy(undecided);
    let stage = Stage { served: Served::start(server, bound().auth(auth)).await, issuer };
    let reply = stage.call("balance", &stage.token(60, "phr", "balance")).await;
    assert_eq!(reply.outcome(), (503, Some(-32000)), "{}", reply.text());
    assert_eq!(reply.field("retry-after"), Some("7"));
    assert_eq!(reply.json()["error"]["message"], "this cannot be decided now");
}
