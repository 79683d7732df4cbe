//! A tool that calls another server on behalf of whoever called it: users of a realm like Keycloak's, a
//! role that guards the tool, and an upstream that verifies what it gets.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::get,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};
use toolgate_auth::{Exchanging, JwtAuth, Target, exchange, introspection, jwt, presets};
use toolgate_core::{
    Authenticate, BoxFuture, Challenge, Context, Credentials, Refusal, ResourceCard, Verdict,
    credentials::Field,
};
use toolgate_server::{Result, Server, ToolSpec, role};
use toolgate_testkit::{AuthorizationServer, Endpoint, Fault, Logs, OAuthClient};
use toolgate_transport::http;

use super::{Nothing, RESOURCE, Reply, Served, Session, bound, mcp, old, said, server};
use crate::support::program::Program;

const REPORTS: &str = "reports";
const SECRET: &str = "s3cr3t-of-the-portal";

/// The upstream's verifier, which keeps what it was sent.
struct Seen {
    inner: JwtAuth,
    fields: Arc<Mutex<Vec<String>>>,
}

impl Authenticate for Seen {
    fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict> {
        if let Field::One(field) = with.field("authorization") {
            let field = String::from_utf8(field.into()).expect("text");
            self.fields.lock().expect("no panic").push(field);
        }
        self.inner.authenticate(with)
    }

    fn challenges(&self, why: &Refusal) -> Vec<Challenge> {
        self.inner.challenges(why)
    }

    fn card(&self) -> ResourceCard {
        self.inner.card()
    }
}

struct Stage {
    issuer: AuthorizationServer,
    upstream: Served,
    /// What the upstream was sent.
    seen: Arc<Mutex<Vec<String>>>,
    portal: Served,
}

/// The upstream's answer to who calls it.
async fn report(upstream: SocketAddr, cx: &Context) -> Result<String> {
    let token = cx.exchange(&Target::new().audience(REPORTS).scopes(["reports:read"])).await?;
    let ask = mcp::post(&mcp::call(1, "who", json!({})));
    Ok(said(&ask.with("Authorization", token.bearer().to_str()?).send(upstream).await))
}

fn portal(upstream: SocketAddr) -> Server {
    let guarded = |name: &str| ToolSpec::new(name).guard(role("auditor"));
    Server::new("portal", "1")
        .tool_fn(guarded("report"), move |_: Nothing, cx: Context| async move {
            report(upstream, &cx).await
        })
        .tool_fn(guarded("slow"), move |_: Nothing, cx: Context| async move {
            cx.progress(1.0).await?;
            report(upstream, &cx).await
        })
}

impl Stage {
    async fn start() -> Self {
        let client = OAuthClient::confidential("portal", SECRET).exchanges([REPORTS]);
        let issuer = AuthorizationServer::builder().client(client);
        let issuer = issuer.start().await.expect("an issuer");
        let seen = Arc::<Mutex<Vec<_>>>::default();
        let inner = jwt(issuer.issuer()).audience([REPORTS]).build().expect("settings that agree");
        let auth = Seen { inner, fields: seen.clone() };
        let upstream = Served::start(server(), http::bind("127.0.0.1:0").auth(auth)).await;
        let tokens = presets::keycloak(issuer.issuer())
            .exchange(exchange(issuer.issuer()).client_secret("portal", SECRET));
        let http = bound().auth(tokens.build().expect("settings that agree"));
        let portal = Served::start(portal(upstream.addr), http.hosts(["127.0.0.1"])).await;
        Self { issuer, upstream, seen, portal }
    }

    /// A token as Keycloak makes them.
    fn token(&self, user: &str, roles: &[&str]) -> String {
        self.issuer
            .token(user)
            .client("desk")
            .audience(RESOURCE)
            .header("typ", "JWT")
            .claim("typ", "Bearer")
            .claim("azp", "desk")
            .claim("preferred_username", format!("{user}@example.com"))
            .claim("realm_access", json!({ "roles": roles }))
            .claim("resource_access", json!({ "portal": { "roles": ["viewer"] } }))
            .claim("scope", "openid profile")
            .sign()
    }

    async fn call(&self, tool: &str, token: &str) -> Reply {
        self.portal.send(&mcp::post(&mcp::call(1, tool, json!({}))).bearer(token)).await
    }

    fn asked(&self) -> usize {
        self.issuer.requests(Endpoint::Token)
    }

    fn refuses(&self, error: &Value) {
        self.issuer.fail(Endpoint::Token, Fault::Answer(400, error.clone()));
    }
}

#[tokio::test]
async fn the_upstream_meets_the_user_and_never_the_users_own_token() {
    let (_capture, logs) = Logs::capture();
    let stage = Stage::start().await;
    let ann = stage.token("ann", &["auditor"]);
    let by_portal = format!("{} ann portal ", stage.issuer.issuer());
    assert_eq!(said(&stage.call("report", &ann).await), by_portal);
    let session = Session::begin(stage.portal.addr, &ann, old::LATEST).await;
    assert_eq!(said(&session.send(&old::call(2, "report", json!({}))).await), by_portal);
    assert_eq!(stage.asked(), 1, "asked for once");
    // Another user's is another token.
    let eve = stage.token("eve", &["auditor"]);
    let by_portal = format!("{} eve portal ", stage.issuer.issuer());
    assert_eq!(said(&stage.call("report", &eve).await), by_portal);

    let seen = stage.seen.lock().expect("no panic").clone();
    assert_eq!((seen.len(), stage.asked()), (3, 2));
    assert_eq!(seen[0], seen[1]);
    assert_ne!(seen[0], seen[2]);
    // What it was made for, it would not have been taken for there.
    let direct = mcp::post(&mcp::call(1, "who", json!({}))).bearer(&ann);
    assert_eq!(stage.upstream.send(&direct).await.status, 401);
    let tokens = seen.iter().map(|field| field.strip_prefix("Bearer ").expect("a bearer token"));
    let tokens: Vec<_> = tokens.chain([&*ann, &*eve]).collect();
    assert!(seen.iter().all(|field| !field.contains(&ann) && !field.contains(&eve)));
    for secret in tokens.into_iter().chain([SECRET]) {
        assert!(!logs.contains(secret), "a token or a secret is in the log");
    }
}

#[tokio::test]
async fn whoever_may_not_use_the_tool_has_nothing_exchanged() {
    let stage = Stage::start().await;
    let bob = stage.token("bob", &["viewer"]);
    let reply = stage.call("report", &bob).await;
    assert_eq!(reply.outcome(), (200, Some(-32602)), "it does not exist for him");
    assert_eq!((stage.asked(), stage.seen.lock().expect("no panic").len()), (0, 0));
}

#[tokio::test]
async fn what_comes_in_the_way_is_told_in_words_or_as_a_challenge() {
    let (_capture, logs) = Logs::capture();
    let stage = Stage::start().await;
    // Each with a token of its own: refusals are remembered for a moment.
    let token = |user: &str| stage.token(user, &["auditor"]);
    let described = |error: &str| json!({"error": error, "error_description": "of a colleague"});
    for (user, error, words) in [
        ("a", "consent_required", "the user has to agree"),
        ("b", "invalid_scope", "does not let this server act"),
        ("c", "temporarily_unavailable", "cannot be asked now"),
    ] {
        stage.refuses(&described(error));
        let reply = stage.call("report", &token(user)).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let result = &reply.json()["result"];
        let text = result["content"][0]["text"].as_str().expect("text");
        assert!(result["isError"] == true && text.contains(words), "{text}");
    }
    let step_up = json!({
        "error": "insufficient_user_authentication", "acr_values": "gold", "max_age": 60,
    });
    stage.refuses(&step_up);
    let reply = stage.call("report", &token("d")).await;
    let challenge = reply.field("www-authenticate").expect("a challenge").to_owned();
    assert_eq!(reply.status, 401);
    let wanted = r#"error="insufficient_user_authentication", acr_values="gold", max_age="60""#;
    assert!(challenge.contains(wanted), "{challenge}");
    // Ours: an id for the caller, the code for the log.
    stage.refuses(&described("invalid_client"));
    let reply = stage.call("report", &token("e")).await;
    let told = reply.text();
    assert!(told.contains("internal error") && !told.contains("exchange"), "{told}");
    assert!(logs.contains("it says invalid_client"));
    assert!(!logs.contains("of a colleague"), "what it says in prose stays out");
}

#[tokio::test]
async fn whose_token_is_taken_no_more_logs_in_again() {
    let stage = Stage::start().await;
    let token = |user: &str| stage.token(user, &["auditor"]);
    // Until it has worked once, it may as well be the settings.
    stage.refuses(&json!({"error": "invalid_request"}));
    let reply = stage.call("report", &token("ann")).await;
    assert!(reply.text().contains("internal error"), "{}", reply.text());
    stage.issuer.mend(Endpoint::Token);
    said(&stage.call("report", &token("eve")).await);
    stage.refuses(&json!({"error": "invalid_request"}));
    let bob = token("bob");
    let reply = stage.call("report", &bob).await;
    assert_eq!(reply.status, 401, "{}", reply.text());
    assert!(reply.field("www-authenticate").expect("a challenge").starts_with("Bearer "));
    // Where the answer has begun, there is no status any more: the next call has it.
    let slow = mcp::with_progress(mcp::call(1, "slow", json!({})), 7);
    let carl = token("carl");
    let reply = stage.portal.send(&mcp::post(&slow).bearer(&carl)).await;
    assert_eq!(reply.status, 200);
    let end = mcp::events(reply.text()).pop().expect("an end");
    assert_eq!(end["error"]["code"], -32000);
    assert_eq!(stage.call("report", &carl).await.status, 401);
}

#[tokio::test]
async fn an_outage_refuses_nobody_for_good() {
    let stage = Stage::start().await;
    let ann = stage.token("ann", &["auditor"]);
    let known = said(&stage.call("report", &ann).await);
    stage.issuer.fail(Endpoint::Token, Fault::Status(503));
    assert_eq!(said(&stage.call("report", &ann).await), known, "what is known goes on");
    let eve = stage.token("eve", &["auditor"]);
    let reply = stage.call("report", &eve).await;
    assert_eq!((reply.status, reply.json()["result"]["isError"] == true), (200, true));
    stage.issuer.mend(Endpoint::Token);
    said(&stage.call("report", &eve).await);
}

/// The same with tokens that say nothing.
#[tokio::test]
async fn opaque_tokens_are_exchanged_too() {
    let portal_client =
        OAuthClient::confidential("portal", SECRET).own_tokens().exchanges([REPORTS]);
    let issuer = AuthorizationServer::builder().client(portal_client).opaque();
    let issuer = issuer.resource(RESOURCE).start().await.expect("an issuer");
    let form = "grant_type=client_credentials&client_id=portal&client_secret=s3cr3t-of-the-portal";
    let addr = issuer.issuer().strip_prefix("http://").expect("loopback").parse();
    let path = issuer.token_endpoint().replace(issuer.issuer(), "");
    let ask = super::Ask::new("POST", &path)
        .with("Content-Type", "application/x-www-form-urlencoded")
        .body(form);
    let mine = ask.send(addr.expect("an address")).await.json();
    let mine = mine["access_token"].as_str().expect("a token").to_owned();

    let opaque = || introspection(issuer.issuer()).client_secret("portal", SECRET);
    let auth = opaque().audience([REPORTS]).build().expect("settings that agree");
    let upstream = Served::start(server(), http::bind("127.0.0.1:0").auth(auth)).await;
    let at = upstream.addr;
    let tool = Server::new("portal", "1")
        .tool_fn(ToolSpec::new("report"), move |_: Nothing, cx: Context| async move {
            report(at, &cx).await
        });
    let auth = opaque().exchange(exchange(issuer.issuer()).client_secret("portal", SECRET));
    let http = bound().auth(auth.build().expect("settings that agree")).hosts(["127.0.0.1"]);
    let portal = Served::start(tool, http).await;
    let ask = mcp::post(&mcp::call(1, "report", json!({}))).bearer(&mine);
    let expected = format!("{} portal portal ", issuer.issuer());
    assert_eq!(said(&portal.send(&ask).await), expected);
}

/// The reports of an API that is no MCP server: its own, to whoever has a token for it.
async fn reports(issuer: &str) -> (SocketAddr, JoinHandle<()>) {
    let auth = jwt(issuer).audience([REPORTS]).build().expect("settings that agree");
    let answer = |State(auth): State<JwtAuth>, head: HeaderMap| async move {
        let sent = head.get("authorization").and_then(|sent| sent.to_str().ok());
        let fields = [("authorization", sent.unwrap_or_default().to_owned())];
        match auth.authenticate(&Credentials::from_fields(fields)).await {
            Verdict::Known(who, _) if who.scopes.contains("reports:read") => {
                (StatusCode::OK, format!("the report of {}", who.key.subject))
            }
            _ => (StatusCode::UNAUTHORIZED, "nobody's report".to_owned()),
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("its address");
    let router = Router::new().route("/mine", get(answer)).with_state(auth);
    (addr, tokio::spawn(async move { drop(axum::serve(listener, router).await) }))
}

#[tokio::test]
async fn the_example_fetches_the_callers_report() {
    let client = OAuthClient::confidential("portal", SECRET).exchanges(["reports"]);
    let issuer = AuthorizationServer::builder().client(client).start().await.expect("an issuer");
    let (addr, task) = reports(issuer.issuer()).await;
    let url = format!("http://{addr}/mine");
    let variables = [
        ("TOOLGATE_ISSUER", issuer.issuer()),
        ("CLIENT_ID", "portal"),
        ("CLIENT_SECRET", SECRET),
        ("REPORTS_URL", &url),
    ];
    let mut program = Program::start(env!("CARGO_BIN_EXE_exchange"), &variables).await;
    let roles = json!({ "roles": ["auditor"] });
    let token = issuer.token("ann").claim("azp", "desk").claim("typ", "Bearer");
    let token = token.audience(program.url()).claim("realm_access", roles).sign();
    let call = mcp::post(&mcp::call(1, "report", json!({})));
    let reply = program.send(&call.clone().bearer(&token)).await;
    assert_eq!(said(&reply), "the report of ann");
    assert_eq!(program.send(&call).await.status, 401);
    let log = program.log().await.join("\n");
    assert!(!log.contains(&token) && !log.contains(SECRET), "{log}");
    task.abort();
}
