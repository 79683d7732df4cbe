//! A double of a good server, in which nothing is found; what is found of faulty ones is in
//! `tests/faults.rs`.

use futures::future::{BoxFuture, ready};
use serde_json::{Value, json};

use super::{
    Expects, Probe, Report, Rule, Weight,
    exchange::{Ask, Reply},
    probe,
    walk::{Wire, walk},
};

mod faults;
mod network;

const URL: &str = "http://127.0.0.1:1/mcp";
const METADATA: &str = "http://127.0.0.1:1/.well-known/oauth-protected-resource/mcp";
const ROOT: &str = "http://127.0.0.1:1/.well-known/oauth-protected-resource";
const OLD_ROOT: &str = "http://127.0.0.1:1/.well-known/oauth-authorization-server";
const ISSUER: &str = "https://as.example/t";
const ISSUER_PLACE: &str = "https://as.example/.well-known/oauth-authorization-server/t";
const PAGE: &str = "https://app.example";
const SESSION: &str = "one";

/// A server: an answer to every request.
struct Double<F>(F);

impl<F: Fn(&Ask) -> Result<Reply, String> + Sync> Wire for Double<F> {
    fn send<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Reply, String>> {
        Box::pin(ready((self.0)(ask)))
    }
}

fn reply(status: u16, fields: &[(&str, &str)], body: impl ToString) -> Reply {
    let field = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Reply { status, fields: fields.iter().map(field).collect(), body: body.to_string() }
}

fn set(mut reply: Reply, name: &str, value: &str) -> Reply {
    reply.fields.retain(|(known, _)| known != name);
    if !value.is_empty() {
        reply.fields.push((name.into(), value.into()));
    }
    reply
}

fn document(document: Value) -> Reply {
    let fields = [("content-type", "application/json"), ("access-control-allow-origin", "*")];
    reply(200, &fields, document)
}

fn issuer_metadata() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://as.example/t/authorize",
        "token_endpoint": "https://as.example/t/token",
        "registration_endpoint": "https://as.example/t/register",
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    })
}

fn resource_metadata() -> Value {
    json!({
        "resource": URL,
        "authorization_servers": [ISSUER],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["a"],
    })
}

/// How a good server answers.
fn good(ask: &Ask) -> Reply {
    match ask.url.as_str() {
        METADATA | ROOT => document(resource_metadata()),
        OLD_ROOT | ISSUER_PLACE => document(issuer_metadata()),
        URL => endpoint(ask),
        url if url.starts_with("http://127.0.0.1:1/mcp?") => endpoint(ask),
        _ => reply(404, &[], ""),
    }
}

fn endpoint(ask: &Ask) -> Reply {
    let origin = ask.field("origin");
    if ask.field("host").is_some() || origin.is_some_and(|origin| origin != PAGE) {
        return reply(403, &[], "");
    }
    let mut answer = if ask.method == "OPTIONS" { preflight() } else { guarded(ask) };
    if origin.is_some() {
        answer = set(answer, "access-control-allow-origin", PAGE);
        let exposed = "WWW-Authenticate, Mcp-Session-Id";
        answer = set(answer, "access-control-expose-headers", exposed);
    }
    answer
}

fn preflight() -> Reply {
    let headers = "authorization,content-type,mcp-protocol-version,mcp-method,mcp-name,\
                   mcp-session-id,last-event-id,mcp-param-region,dpop";
    let fields = [
        ("access-control-allow-methods", "POST, GET, DELETE"),
        ("access-control-allow-headers", headers),
    ];
    reply(204, &fields, "")
}

fn guarded(ask: &Ask) -> Reply {
    let challenge = |more: &str| {
        let text = format!("Bearer resource_metadata=\"{METADATA}\"{more}");
        reply(401, &[("www-authenticate", &text)], "")
    };
    let token = ask.field("authorization").unwrap_or_default().to_ascii_lowercase();
    match (token.as_str(), ask.field("mcp-session-id")) {
        ("", _) => challenge(""),
        ("bearer right", Some(SESSION)) if ask.method == "DELETE" => reply(204, &[], ""),
        ("bearer right", Some(SESSION)) => result(),
        ("bearer right" | "bearer other", Some(_)) => reply(404, &[], ""),
        ("bearer right", None) if ask.body.contains("initialize") => {
            set(result(), "mcp-session-id", SESSION)
        }
        ("bearer right", None) => result(),
        _ => challenge(", error=\"invalid_token\""),
    }
}

fn result() -> Reply {
    reply(200, &[("content-type", "application/json")], json!({"jsonrpc": "2.0", "result": {}}))
}

/// A probe with all that it can be given.
fn whole() -> Probe {
    let mut whole = probe(URL).page(PAGE).token("right").other_token("other").wrong_token("aud");
    for (rule, token) in [
        (Rule::NoAudienceTaken, "no-aud"),
        (Rule::ExpiredTaken, "old"),
        (Rule::ForgedTaken, "forged"),
    ] {
        whole.wrong.push((rule, token.into()));
    }
    whole
}

async fn report(probe: &Probe, server: impl Fn(&Ask) -> Reply + Sync) -> Report {
    walk(probe, &Double(|ask: &Ask| Ok(server(ask)))).await
}

fn rules(report: &Report) -> Vec<Rule> {
    let mut rules: Vec<_> = report.findings().map(|finding| finding.rule).collect();
    rules.sort();
    rules.dedup();
    rules
}

#[tokio::test]
async fn of_a_good_server_nothing_is_found_whatever_the_probe_is_given() {
    for probe in [whole(), probe(URL), probe(URL).page(PAGE), probe(URL).token("right")] {
        let report = report(&probe, good).await;
        assert!(report.is_good() && report.findings().next().is_none(), "{report}");
        assert_eq!(report.stages.len(), super::Step::ALL.len());
    }
    let report = report(&whole(), good).await;
    assert!(report.stages.iter().all(|stage| stage.skipped.is_none()), "{report}");
}

#[tokio::test]
async fn where_keys_are_given_by_hand_nobody_asks_for_metadata() {
    let by_hand = |ask: &Ask| match ask.url.as_str() {
        URL => match good(ask) {
            answer if answer.status == 401 => set(answer, "www-authenticate", "ApiKey"),
            answer => answer,
        },
        _ => reply(404, &[], ""),
    };
    let report = report(&probe(URL).by_hand(), by_hand).await;
    assert_eq!(rules(&report), [], "{report}");
    let open = |ask: &Ask| {
        if ask.url == URL && endpoint(ask).status == 401 {
            set(result(), "mcp-session-id", "")
        } else {
            by_hand(ask)
        }
    };
    let report = super::tests::report(&probe(URL).open(), open).await;
    assert_eq!(rules(&report), [], "{report}");
    let report = super::tests::report(&probe(URL), open).await;
    assert_eq!(report.first_broken().map(|(_, finding)| finding.rule), Some(Rule::Unguarded));
}

#[tokio::test]
async fn a_report_begins_with_the_first_broken_step_and_has_no_token_in_it() {
    let echoing = |ask: &Ask| {
        let answer = good(ask);
        match ask.field("authorization") {
            Some(token) if ask.method == "POST" => reply(307, &[("location", token)], ""),
            _ if ask.url == METADATA => set(answer, "content-type", "text/html"),
            _ => answer,
        }
    };
    let mut probe = whole();
    probe.right = Some("a-very-secret-token".into());
    let report = report(&probe, echoing).await;
    let text = report.to_string();
    let first = text.lines().next().unwrap_or_default();
    assert_eq!(first, format!("{URL} breaks first at: the right token is accepted"));
    for part in
        ["standard: RFC 9728, section 3.2", "remedy: send `Content-Type", "note     metadata where"]
    {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains("a-very-secret-token") && !format!("{probe:?}").contains("secret"));
}

#[tokio::test]
async fn where_nobody_answers_nothing_more_is_asked() {
    let nobody = walk(&whole(), &Double(|_: &Ask| Err("refused\u{1b}[31m".to_owned()))).await;
    assert_eq!((rules(&nobody), nobody.stages.len()), (vec![Rule::Unreachable], 1));
    assert!(!nobody.to_string().contains('\u{1b}'), "a server's words are fit for a terminal");
    let nowhere = report(&probe("mcp.example/mcp"), good).await;
    assert_eq!(rules(&nowhere), [Rule::Unreachable]);
    assert_eq!(probe(URL).expects, Expects::Login);
}
