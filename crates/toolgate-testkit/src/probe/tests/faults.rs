//! Small faulty servers, one for each rule: each has one fault, and that fault is what is found.

use serde_json::{Map, Value, json};

use super::*;

/// What a faulty server makes of the answer of the good one.
type Fault = fn(&Ask, Reply) -> Reply;

struct Row(Rule, Fault);

const ROWS: &[Row] = &[
    Row(Rule::Unguarded, |ask, it| if bare(ask, "discover") { result() } else { it }),
    Row(Rule::Unguarded, |ask, it| if bare(ask, "initialize") { result() } else { it }),
    Row(Rule::OtherStatus, |ask, it| if bare(ask, "") { reply(403, &[], "") } else { it }),
    Row(Rule::NoChallenge, |ask, it| challenged(ask, it, "")),
    Row(Rule::BadChallenge, |ask, it| challenged(ask, it, "Bearer resource_metadata=http://h/")),
    Row(Rule::NoBearer, |ask, it| challenged(ask, it, "DPoP algs=\"ES256\"")),
    Row(Rule::BearerLater, |ask, it| challenged(ask, it, &format!("DPoP, {}", pointing(METADATA)))),
    Row(Rule::ErrorUnasked, |ask, it| {
        challenged(ask, it, &format!("{}, error=\"invalid_token\"", pointing(METADATA)))
    }),
    Row(Rule::NoMetadataUrl, |ask, it| challenged(ask, it, "Bearer")),
    Row(Rule::BadMetadataUrl, |ask, it| challenged(ask, it, &pointing("http://internal/"))),
    Row(Rule::MetadataMissing, |ask, it| challenged(ask, it, &pointing("http://[::1]:1/"))),
    Row(Rule::NoPathForm, |ask, it| match ask.url.as_str() {
        METADATA => reply(404, &[], ""),
        _ => challenged(ask, it, &pointing(ROOT)),
    }),
    Row(Rule::MetadataNoJson, |ask, it| told(ask, it, &[METADATA], |it| it.body = "<html>".into())),
    Row(Rule::MetadataType, |ask, it| fields(ask, it, METADATA, "content-type")),
    Row(Rule::MetadataForPages, |ask, it| fields(ask, it, METADATA, "access-control-allow-origin")),
    Row(Rule::MetadataHead, |ask, it| if ask.method == "HEAD" { reply(405, &[], "") } else { it }),
    Row(Rule::NoResource, |ask, it| resource(ask, it, "resource", Value::Null)),
    Row(Rule::ResourceSpelling, |ask, it| resource(ask, it, "resource", format!("{URL}/").into())),
    Row(Rule::OtherResource, |ask, it| resource(ask, it, "resource", "https://h/mcp".into())),
    Row(Rule::Contradiction, |ask, it| {
        member(ask, it, &[ROOT], "authorization_servers", json!(["https://other.example"]))
    }),
    Row(Rule::NoIssuer, |ask, it| resource(ask, it, "authorization_servers", json!([]))),
    Row(Rule::BadIssuer, |ask, it| {
        resource(ask, it, "authorization_servers", json!([ISSUER, "a"]))
    }),
    Row(Rule::NotInHeader, |ask, it| {
        resource(ask, it, "bearer_methods_supported", json!(["body"]))
    }),
    Row(Rule::BadScopes, |ask, it| resource(ask, it, "scopes_supported", "a b".into())),
    Row(Rule::OfflineAccess, |ask, it| {
        resource(ask, it, "scopes_supported", json!(["offline_access"]))
    }),
    Row(Rule::IssuerUnread, |ask, it| {
        told(ask, it, &[ISSUER_PLACE], |it| *it = reply(503, &[], ""))
    }),
    Row(Rule::IssuerMismatch, |ask, it| issuer(ask, it, "issuer", format!("{ISSUER}/").into())),
    Row(Rule::NoPkce, |ask, it| {
        issuer(ask, it, "code_challenge_methods_supported", json!(["plain"]))
    }),
    Row(Rule::NoPkce, |ask, it| issuer(ask, it, "code_challenge_methods_supported", Value::Null)),
    Row(Rule::NoEndpoints, |ask, it| issuer(ask, it, "token_endpoint", "http://as/token".into())),
    Row(Rule::NoRegistration, |ask, it| issuer(ask, it, "registration_endpoint", Value::Null)),
    Row(Rule::NoIss, |ask, it| {
        issuer(ask, it, "authorization_response_iss_parameter_supported", false.into())
    }),
    Row(Rule::IssuerForPages, |ask, it| {
        fields(ask, it, ISSUER_PLACE, "access-control-allow-origin")
    }),
    Row(Rule::NoOldRoot, |ask, it| told(ask, it, &[OLD_ROOT], |it| *it = reply(404, &[], ""))),
    Row(Rule::OldRootMismatch, |ask, it| {
        member(ask, it, &[OLD_ROOT], "issuer", "https://o".into())
    }),
    Row(Rule::ForeignOrigin, |ask, it| if stranger(ask, "POST") { guarded(ask) } else { it }),
    Row(Rule::ForeignOrigin, |ask, it| match stranger(ask, "OPTIONS") {
        true => set(preflight(), "access-control-allow-origin", "*"),
        false => it,
    }),
    Row(Rule::ForeignHost, |ask, it| if ask.field("host").is_some() { guarded(ask) } else { it }),
    Row(
        Rule::PreflightRefused,
        |ask, it| if page(ask, "OPTIONS") { reply(401, &[], "") } else { it },
    ),
    Row(Rule::PreflightOrigin, |ask, it| at_page(ask, it, "access-control-allow-origin", "null")),
    Row(Rule::PreflightMethod, |ask, it| at_page(ask, it, "access-control-allow-methods", "POST")),
    Row(Rule::PreflightHeader, |ask, it| at_page(ask, it, "access-control-allow-headers", "*")),
    Row(Rule::PreflightDpop, |ask, it| {
        let headers = it.field("access-control-allow-headers").unwrap_or_default();
        at_page(ask, it, "access-control-allow-headers", &headers.replace(",dpop", ""))
    }),
    Row(Rule::NotExposed, |ask, it| match page(ask, "POST") {
        true => set(it, "access-control-expose-headers", "mcp-session-id"),
        false => it,
    }),
    Row(Rule::RightRefused, |ask, it| match ask.field("authorization") {
        Some("Bearer right") => reply(401, &[], ""),
        _ => it,
    }),
    Row(Rule::NoAnswer, |ask, it| match it.status {
        200 if ask.url == URL => reply(200, &[], "<html>"),
        _ => it,
    }),
    Row(Rule::SchemeCase, |ask, it| match ask.field("authorization") {
        Some("bearer right") => reply(401, &[], ""),
        _ => it,
    }),
    Row(Rule::GarbageTaken, |ask, it| taken(ask, it, "toolgate-probe")),
    Row(Rule::AudienceTaken, |ask, it| taken(ask, it, "aud")),
    Row(Rule::NoAudienceTaken, |ask, it| taken(ask, it, "no-aud")),
    Row(Rule::ExpiredTaken, |ask, it| taken(ask, it, "old")),
    Row(Rule::ForgedTaken, |ask, it| taken(ask, it, "forged")),
    Row(Rule::WrongStatus, |ask, it| if holds(ask, "forged") { reply(500, &[], "") } else { it }),
    Row(Rule::NoInvalidToken, |ask, it| match holds(ask, "forged") {
        true => set(it, "www-authenticate", "Bearer"),
        false => it,
    }),
    Row(Rule::QueryTaken, |ask, it| match ask.url.contains("access_token=right") {
        true => result(),
        false => it,
    }),
    Row(Rule::SessionUnguarded, |ask, it| match in_session(ask, "POST") && !holds(ask, "") {
        true => result(),
        false => it,
    }),
    Row(Rule::SessionTaken, |ask, it| match in_session(ask, "POST") && holds(ask, "other") {
        true => result(),
        false => it,
    }),
    Row(Rule::SessionTaken, |ask, it| match in_session(ask, "DELETE") && holds(ask, "other") {
        true => reply(204, &[], ""),
        false => it,
    }),
    Row(Rule::SessionStatus, |ask, it| match in_session(ask, "POST") && holds(ask, "other") {
        true => reply(401, &[], ""),
        false => it,
    }),
    Row(Rule::SessionStatus, |ask, it| match it.status {
        404 if ask.field("mcp-session-id") != Some(SESSION) && holds(ask, "right") => {
            reply(400, &[], "")
        }
        _ => it,
    }),
    Row(Rule::StreamUnguarded, |ask, it| match ask.method {
        "GET" if ask.url == URL => reply(200, &[("content-type", "text/event-stream")], ""),
        _ => it,
    }),
    Row(Rule::DeleteUnguarded, |ask, it| match ask.method {
        "DELETE" if !holds(ask, "") => reply(204, &[], ""),
        _ => it,
    }),
    Row(Rule::SlashOpen, |ask, it| if ask.url.ends_with("/mcp/") { result() } else { it }),
    Row(Rule::SlashRedirect, |ask, it| match ask.url.ends_with("/mcp/") {
        true => reply(307, &[("location", URL)], ""),
        false => it,
    }),
];

/// Without anything that is not in a client's first request.
fn bare(ask: &Ask, method: &str) -> bool {
    let more = ["authorization", "origin", "host", "mcp-session-id"];
    ask.url == URL
        && ask.method == "POST"
        && ask.body.contains(method)
        && more.iter().all(|name| ask.field(name).is_none())
}

fn challenged(ask: &Ask, it: Reply, challenge: &str) -> Reply {
    if bare(ask, "") { set(it, "www-authenticate", challenge) } else { it }
}

fn pointing(to: &str) -> String {
    format!("Bearer resource_metadata=\"{to}\"")
}

fn told(ask: &Ask, mut it: Reply, places: &[&str], change: impl Fn(&mut Reply)) -> Reply {
    if places.contains(&ask.url.as_str()) && ask.method == "GET" {
        change(&mut it);
    }
    it
}

/// Without a field.
fn fields(ask: &Ask, it: Reply, place: &str, name: &str) -> Reply {
    told(ask, it, &[place], |it| *it = set(it.clone(), name, ""))
}

/// With another value of a member, or without it.
fn member(ask: &Ask, it: Reply, places: &[&str], name: &str, value: Value) -> Reply {
    told(ask, it, places, |it| {
        let mut members: Map<String, Value> = serde_json::from_str(&it.body).unwrap();
        match value.is_null() {
            true => members.remove(name),
            false => members.insert(name.into(), value.clone()),
        };
        it.body = Value::Object(members).to_string();
    })
}

fn resource(ask: &Ask, it: Reply, name: &str, value: Value) -> Reply {
    member(ask, it, &[METADATA, ROOT], name, value)
}

fn issuer(ask: &Ask, it: Reply, name: &str, value: Value) -> Reply {
    member(ask, it, &[ISSUER_PLACE], name, value)
}

fn stranger(ask: &Ask, method: &str) -> bool {
    ask.method == method && ask.field("origin").is_some_and(|it| it != PAGE) && ask.url == URL
}

fn page(ask: &Ask, method: &str) -> bool {
    ask.method == method && ask.field("origin") == Some(PAGE)
}

fn at_page(ask: &Ask, it: Reply, name: &str, value: &str) -> Reply {
    if page(ask, "OPTIONS") { set(it, name, value) } else { it }
}

/// Whether a token is sent: this one, or any.
fn holds(ask: &Ask, token: &str) -> bool {
    let sent = ask.field("authorization").and_then(|it| it.strip_prefix("Bearer "));
    sent.is_some_and(|sent| token.is_empty() || sent == token)
}

fn taken(ask: &Ask, it: Reply, token: &str) -> Reply {
    if holds(ask, token) { result() } else { it }
}

fn in_session(ask: &Ask, method: &str) -> bool {
    ask.method == method && ask.field("mcp-session-id") == Some(SESSION)
}

#[tokio::test]
async fn each_fault_is_found_and_nothing_else_is() {
    for Row(rule, fault) in ROWS {
        let report = report(&whole(), |ask| fault(ask, good(ask))).await;
        assert_eq!(rules(&report), [*rule], "{report}");
        assert_eq!(report.is_good(), rule.weight() == Weight::Note, "{rule:?}");
    }
}

/// What cannot be one fault alone: two have tests of their own.
const OF_SEVERAL: &[Rule] = &[Rule::Unreachable, Rule::NoMetadata];

#[test]
fn every_rule_has_a_server_that_breaks_it() {
    for rule in Rule::ALL {
        let has = ROWS.iter().any(|Row(of, _)| of == rule) || OF_SEVERAL.contains(rule);
        assert!(has, "{rule:?}");
        assert!(!rule.standard().is_empty() && !rule.remedy().is_empty());
    }
}

#[tokio::test]
async fn without_any_metadata_there_is_no_way_on() {
    let without = |ask: &Ask| match ask.url.as_str() {
        METADATA | ROOT => reply(404, &[], ""),
        _ => challenged(ask, good(ask), "Bearer"),
    };
    let report = report(&whole(), without).await;
    assert_eq!(rules(&report), [Rule::NoMetadataUrl, Rule::NoMetadata], "{report}");
}

/// A server for everybody's pages, before it looks at the token.
#[tokio::test]
async fn a_page_of_another_origin_is_found_to_read_a_401() {
    let open = |ask: &Ask| match stranger(ask, "POST") {
        true => set(guarded(ask), "access-control-allow-origin", "*"),
        false => good(ask),
    };
    let unread = |ask: &Ask| if stranger(ask, "POST") { guarded(ask) } else { good(ask) };
    assert_eq!(rules(&report(&probe(URL), open).await), [Rule::ForeignOrigin]);
    assert_eq!(rules(&report(&probe(URL), unread).await), []);
}
