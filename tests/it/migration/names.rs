//! What MIGRATION.md names, as code that compiles: `page.rs` looks each name up in here. Methods are
//! called by path, so that they read as they do on the page.

use std::{sync::Arc, time::Duration};

use axum::Router;
use serde_json::json;
use toolgate::{
    Ask, Authenticate, Decision, Guard, Identity, Key, Live, Passing, Refusal, Scopes, Service,
    Shutdown, Transport, Verdict, Work,
    auth::{
        ApiKeys, Claims, Danger, Fields, Jwt, Mapping, Target, exchange, introspection, issuers,
        presets,
    },
    core::{
        BoxFuture, Challenge, Credentials, IntoService, ResourceCard,
        env::Env,
        legacy::{MemoryEvents, MemorySessions},
    },
    http::{About, Cors, Http, Limits, McpService, Tls},
    prelude::*,
    protocol::{
        Base64, Json as Text, LogLevel, resource::Resource as Described, tool::CallToolResult,
    },
    transport::memory,
};
use toolgate_testkit::{AuthorizationServer, TestClient};

struct User {
    active: bool,
}

impl User {
    fn is_active(&self) -> bool {
        self.active
    }
}

/// What a tool may say of itself.
#[derive(Tool)]
#[tool(name = "all", title = "All there is")]
#[tool(read_only, destructive, idempotent, open_world)]
#[tool(scopes("a", "b"), roles("x", "y"), guard = when(User::is_active))]
#[tool(timeout = "10s")]
#[serde(deny_unknown_fields)]
struct All {
    #[schemars(range(max = 9))]
    level: u8,
}

#[derive(Arguments)]
struct Sure {
    sure: bool,
}

#[derive(Output)]
struct Level {
    level: u8,
}

impl Run<User> for All {
    type Output = Level;

    async fn run(self, state: &User, cx: &Context) -> Result<Level> {
        let _: (&User, _, _) = (state, Context::identity(cx)?, Context::meta(cx));
        let _: &User = Context::principal(cx)?;
        Context::log(cx, LogLevel::Info, "on the way").await?;
        Context::progress(cx, 1.0).await?;
        if self.level > 8 {
            return Err(ToolError::shown("too high"));
        }
        let Elicited::Accepted(Sure { sure: true }) =
            Asking::elicit::<Sure>(cx, "sure", "Sure?").await?
        else {
            return Err(ToolError::shown("not sure"));
        };
        let _ = Asking::elicit_url(cx, "page", "Look", "https://example.com/").await?;
        let _ = Asking::sample(cx, "model", Sampling::new(10).user("Sure?")).await?;
        let _ = Asking::roots(cx, "roots").await?;
        let _ = Context::ending(cx).await;
        Ok(Level { level: self.level })
    }
}

#[derive(Tool)]
struct Slow;

impl RunBlocking<User> for Slow {
    type Output = Vec<Content>;

    fn run(self, _: &User, _: &Context) -> Result<Vec<Content>> {
        let link = Content::link(Described::new("file:///b.png", "b"));
        let embedded = Content::resource(Contents::text("notes://a", "x"));
        let sound = Content::audio(Base64::encoded("AA=="), "audio/wav");
        Ok(vec![Content::image(b"\0", "image/png"), sound, embedded, link])
    }
}

#[derive(Tool)]
struct Empty;

fn specs() -> (ToolSpec, ToolSpec) {
    let spec = ToolSpec::description(ToolSpec::title(ToolSpec::new("one"), "One"), "The first.");
    let spec =
        ToolSpec::idempotent(ToolSpec::destructive(ToolSpec::read_only(spec, false), true), true);
    let spec = ToolSpec::timeout(ToolSpec::open_world(spec, false), Duration::from_secs(10));
    let spec = ToolSpec::roles(ToolSpec::scopes(spec, ["a", "b"]), ["x", "y"]);
    let wait = Guard::asked_of(|_| Box::pin(async { Decision::Allow }) as BoxFuture<'_, Decision>);
    let guard = Guard::and(scope("a"), Guard::or(role("x"), when(User::is_active)));
    let guard = guard.and(Guard::decided_by(|ask| match ask.arguments {
        Some(_) => Decision::Allow,
        None => Decision::Hide,
    }));
    // What nobody here could call: that it compiles is enough.
    let login = ToolSpec::max_age(ToolSpec::new("later"), Duration::from_secs(60));
    drop(ToolSpec::acr(login, ["b"]).guard(max_age(Duration::from_secs(9)).or(acr(["a"]))));
    (ToolSpec::listed(ToolSpec::guard(spec, guard.and(wait)), true), ToolSpec::new("two"))
}

fn server() -> Server<User> {
    let server = Server::title(Server::new("names", "any text"), "Names");
    let server = Server::instructions(server, "be kind");
    let server = Server::required_scopes(server, ["base"]);
    let server = Server::role_implies(Server::scope_implies(server, "a", ["b"]), "x", ["y"]);
    let server = Server::policy(server, |_: &Ask<'_>| Decision::Allow);
    let server = Server::state(Server::principal::<User>(server), User { active: true });
    let server = Server::blocking_tool::<Slow>(Server::tool::<All>(server));
    let server = Server::outer(server, |passing: Passing| passing.next());
    let server = Server::inner(server, |work: Work| work.next());
    let (one, two) = specs();
    let server = Server::tool_fn(server, one, |_: Empty, _| async {
        let mut told = CallToolResult::error("told");
        told.structured_content = Some(Text::of(&json!({"extras": 1}))?);
        Ok(told)
    });
    Server::blocking_tool_fn(server, two, |_: Empty, _| Ok(Json([1, 2])))
}

/// An authenticator by hand.
struct Door;

impl Authenticate for Door {
    fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict> {
        Box::pin(async move {
            let answer = toolgate::core::Answer::default().field("x-reason", "closed");
            match with.method() {
                "GET" => Refusal::answer(Refusal::forbidden("no"), answer).into(),
                "HEAD" => Refusal::invalid("no").into(),
                "PUT" => Verdict::Failed("broken".into()),
                "PATCH" => Verdict::Unavailable { retry: Duration::from_secs(1) },
                _ => {
                    let somebody = Identity::new(Key::new("door", "friend"));
                    let somebody =
                        Identity::roles(Identity::with(somebody, User { active: true }), ["x"]);
                    Verdict::known(somebody.scopes(["a", "b", "base"]))
                }
            }
        })
    }

    fn challenges(&self, _: &Refusal) -> Vec<Challenge> {
        vec![Challenge::param(Challenge::new("Bearer"), "realm", "names")]
    }

    fn card(&self) -> ResourceCard {
        let mut card = ResourceCard::default();
        card.more.push(("resource_policy_uri".into(), Text::of("https://a.example/").unwrap()));
        card.principals.push(toolgate::core::PrincipalType::of::<User>());
        card
    }
}

fn tokens() -> Jwt {
    let tokens = Jwt::jwks_uri(jwt("https://id.example"), "https://id.example/keys");
    let tokens = Jwt::audience(tokens, ["account"]);
    let tokens = Jwt::scope_prefix(tokens, None);
    let tokens = Jwt::principal(tokens, |claims: &Claims| {
        let _: serde_json::Value = Claims::parse(claims)?;
        let _ = (Claims::text(claims, "a"), Claims::list(claims, "b"), Claims::number(claims, "c"));
        Ok(User { active: Claims::flag(claims, "active").unwrap_or(false) })
    });
    let tokens = Jwt::claims(tokens, mapped);
    Danger::accept_without_audience(tokens.danger(), "client_id", "ours")
}

fn providers() -> std::result::Result<toolgate::auth::JwtAuth, toolgate::StartError> {
    let tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    let cognito = presets::cognito("eu-west-1_a").danger();
    let cognito = Danger::accept_without_audience(cognito, "client_id", "ours");
    let updated = presets::cognito_updated("eu-west-1_a").danger();
    let updated = Danger::accept_without_audience(updated, "client_id", "ours");
    let (new, old) = (presets::entra(tenant), presets::entra_v1(tenant));
    issuers([cognito, updated, new.audience(["a"]), old.audience(["b"]), tokens()])
}

fn on_behalf() -> std::result::Result<toolgate::auth::JwtAuth, toolgate::StartError> {
    let reports = Target::new().audience("reports");
    let _asks = async |cx: Context| Exchanging::exchange(&cx, &reports).await.is_ok();
    let standard = exchange("https://id.example").client_secret("us", "secret");
    Jwt::exchange(tokens(), standard).build()?;
    let entra = presets::entra_obo("72f988bf-86f1-41af-91ab-2d7cd011db47");
    Jwt::exchange(tokens(), entra.client_secret("us", "secret")).build()
}

fn mapped(claims: Mapping) -> Mapping {
    let claims = Mapping::roles(Mapping::clients(claims, ["ours"]), ["realm_access.roles"]);
    Mapping::user::<Owner>(Mapping::scopes(claims, ["scp"]), |owner| {
        let owner = Fields::required(owner, "name", ["sub"]);
        Fields::list(Fields::optional(owner, "mail", ["email"]), "teams", ["groups"])
    })
}

#[derive(toolgate::serde::Deserialize)]
#[serde(crate = "toolgate::serde")]
#[expect(dead_code, reason = "made, and not looked at")]
struct Owner {
    name: String,
    mail: Option<String>,
    teams: Vec<String>,
}

fn limits() -> Limits {
    let seconds = Duration::from_secs;
    let limits = Limits::call(Limits::body(Limits::default(), 1 << 20), seconds(60));
    let limits = Limits::head_timeout(Limits::keep_alive(limits, seconds(15)), seconds(10));
    Limits::notice(Limits::drain(limits, seconds(30)), seconds(1))
}

#[test]
fn items_change_while_they_are_served() {
    let live: Live<User> = Server::live(&server());
    assert!(Live::enable_tool(&live, "all", false) && Live::remove_tool(&live, "all"));
    Live::add_tool::<All>(&live).unwrap();
    Live::resource_updated(&live, "file:///a");
}

/// With all of it together it starts, answers, and stops.
#[tokio::test]
async fn what_the_page_names_is_there() {
    let (_, key) = ApiKey::generate("tg_nightly", "reports").unwrap();
    let keys = ApiKeys::principal(api_keys([key]), |_| Ok(User { active: true }));
    let closure = auth_fn(|_: Credentials| async { Refusal::missing() }).provides::<User>();
    providers().unwrap();
    presets::google(["1234.apps.googleusercontent.com"]).build().unwrap();
    introspection("https://id.example").client_secret("us", "secret").build().unwrap();
    on_behalf().unwrap();
    let both = chain(keys.build().unwrap()).or(tokens().build().unwrap()).or(closure).or(Door);

    let sessions = MemorySessions::idle(MemorySessions::new(), Duration::from_secs(60));
    let sessions = MemorySessions::per_owner(MemorySessions::all(sessions, 100), 8);
    let cors = Cors::max_age(Cors::origins(["https://app.example"]), Duration::from_secs(60));
    let http = Http::sessions(Http::auth(http::bind("127.0.0.1:0"), both), sessions);
    let http = Http::events(http, MemoryEvents::new());
    drop(Http::env(http::bind("127.0.0.1:0")));
    let http = Http::path(Http::public_url(http, "https://mcp.example/api/mcp"), "/mcp");
    let http = Http::sse(http, "/sse");
    let about = About::new().documentation("https://docs.example").policy("https://p.example");
    let http = Http::about(http, about.terms("https://terms.example"));
    let http = Http::mirror_authorization_server(http);
    let http = Http::fallback(Http::cors(http, cors), Router::<()>::new()).limits(limits());
    let (trigger, until) = Shutdown::new();
    trigger.request();
    let service: Arc<dyn Service> = server().into_service().unwrap();
    Transport::serve(http, service, until).await.unwrap();

    let tls = Tls::client_ca(Tls::pem_files("cert.pem", "key.pem"), "ca.pem");
    drop(Http::tls(http::bind("127.0.0.1:0"), tls));
    let mounted = http::service(server()).public_url("https://mcp.example/mcp").auth(Door);
    let mounted: McpService = Http::stateless(mounted).build().unwrap();
    let _ = McpService::documents(&mounted);

    let (transport, client) = memory::pair();
    drop(client);
    Server::serve(Server::open(Server::new("open", "1")), transport).await.unwrap();
}

/// A client of all of it that may do anything.
fn ada() -> TestClient {
    let client = TestClient::new(server()).unwrap();
    let all = Scopes::from(["a", "b", "base"]);
    let ada = Identity::new(Key::new("test", "ada")).scopes(all).roles(["x"]);
    client.as_identity(ada.with(User { active: true }))
}

#[tokio::test]
async fn arguments_that_no_schema_names_and_ranges_are_as_the_page_says() {
    let tools = ada().list_tools().await.unwrap();
    let names: Vec<_> = tools.iter().map(|tool| &*tool.name).collect();
    assert_eq!(names, ["all", "slow", "one", "two"]);
    let schema: serde_json::Value = tools[0].input_schema.parse().unwrap();
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["properties"]["level"]["maximum"], 9);

    let told = |arguments| async {
        let result = ada().call_tool("all", arguments).await.unwrap();
        assert!(result.is_error);
        result.content
    };
    assert_eq!(told(json!({"level": 200})).await, ["too high".into()], "the range is published");
    let unknown = told(json!({"level": 1, "more": 1})).await;
    assert!(format!("{unknown:?}").contains("unknown field `more`"), "{unknown:?}");
    let ignored = ada().call_tool("two", json!({"more": 1})).await.unwrap();
    assert!(!ignored.is_error);
}

#[tokio::test]
async fn lists_are_wrapped_and_errors_may_bring_data() {
    let data = |name: &'static str| async move {
        let result = ada().call_tool(name, json!({})).await.unwrap();
        let data: serde_json::Value = result.structured_content.unwrap().parse().unwrap();
        (result.is_error, data)
    };
    assert_eq!(data("two").await, (false, json!({"result": [1, 2]})));
    assert_eq!(data("one").await, (true, json!({"extras": 1})));
}

#[derive(serde::Deserialize)]
struct Note {
    path: SafePath,
}

impl Resource for Note {
    fn spec() -> ResourceSpec {
        let spec = ResourceSpec::new("notes://{+path}").name("note");
        ResourceSpec::complete(spec, "path", |_: Typed, _| async { Ok(["a.md".to_owned()]) })
    }
}

impl Read for Note {
    type Output = Option<String>;

    async fn read(self, _: &(), _: &Context) -> Result<Option<String>> {
        Ok((self.path.as_str() == "a.md").then(|| "text".to_owned()))
    }
}

#[derive(serde::Deserialize, toolgate::schemars::JsonSchema)]
struct Review {
    day: String,
}

impl Prompt for Review {
    fn spec() -> PromptSpec {
        let complete = |typed: Typed, _| async move { Ok(typed.among(["today"])) };
        PromptSpec::complete(PromptSpec::new("review"), "day", complete)
    }
}

impl Render for Review {
    type Output = Vec<PromptMessage>;

    async fn render(self, _: &(), _: &Context) -> Result<Vec<PromptMessage>> {
        Ok(vec![PromptMessage::user(self.day)])
    }
}

#[tokio::test]
async fn resources_and_prompts_are_registered_like_tools() {
    let server = Server::icon(Server::new("s", "1").open(), "https://e.x/i.png");
    let server = Server::website(server, "https://e.x");
    let server = Server::prompt::<Review>(Server::resource::<Note>(server));
    let about = ResourceSpec::new("notes://about/us");
    let server = Server::resource_fn(server, about, |(), _| async { Ok(Contents::text("", "us")) });
    let server = Server::prompt_fn(server, PromptSpec::new("plain"), |(), _| async { Ok("x") });
    let spec = ToolSpec::meta(ToolSpec::icon(ToolSpec::new("t"), "https://e.x"), "e.x/k", 1);
    let server = Server::tool_fn(server, spec, |_: Empty, _| async { Ok(()) });
    let client = TestClient::new(server).unwrap();
    let params = json!({ "uri": "notes://a.md" });
    let read = client.call_raw("resources/read", params).await.unwrap();
    assert!(String::from_utf8_lossy(read.fields.as_bytes()).contains("text"));
}

/// What the page says of several issuers, until there is more to say.
#[tokio::test]
async fn a_chain_of_two_issuers_trusts_the_first_alone() {
    let first = AuthorizationServer::start().await.unwrap();
    let second = AuthorizationServer::start().await.unwrap();
    let of = |issuer: &AuthorizationServer| jwt(issuer.issuer()).audience(["us"]).build().unwrap();
    let both = chain(of(&first)).or(of(&second));
    for (issuer, trusted) in [(&first, true), (&second, false)] {
        let token = issuer.token("ada").audience("us").sign();
        let credentials = Credentials::from_fields([("authorization", format!("Bearer {token}"))]);
        let verdict = both.authenticate(&credentials).await;
        assert_eq!(matches!(verdict, Verdict::Known(..)), trusted, "{verdict:?}");
        assert_eq!(matches!(verdict, Verdict::Refused(_)), !trusted, "{verdict:?}");
    }
}

/// And an issuer to make tokens with, in a program that is set up from the environment alone.
#[tokio::test]
async fn a_development_issuer_is_there_too() {
    let issuer = AuthorizationServer::start().await.unwrap();
    let token = issuer.token("ada").scopes(["base"]).audience("http://127.0.0.1:8080/mcp").sign();
    assert_eq!(token.split('.').count(), 3);
    drop(stdio::listen());
    drop(http::listen().auth(jwt(issuer.issuer()).build().unwrap()));
    let none = Env::of([]);
    assert!(Jwt::from_env(&none).unwrap().is_none());
    assert!(ApiKeys::from_env(&none).unwrap().is_none());
}
