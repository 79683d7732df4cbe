//! Servers as the probe sees them: in every configuration nothing is found, neither of the server nor of
//! the authorization server that it names.

use toolgate_auth::{ApiKey, api_keys, chain, jwt};
use toolgate_testkit::{
    AuthorizationServer,
    probe::{Probe, Report, Rule, Step, probe},
};
use toolgate_transport::http::{self, Cors, Http, Listen};

use super::{Served, server};

const PAGE: &str = "https://app.example";

fn at() -> Http<Listen> {
    http::bind("127.0.0.1:0")
}

async fn issuer() -> AuthorizationServer {
    AuthorizationServer::start().await.expect("an issuer")
}

/// What is found, notes included.
fn found(report: &Report) -> Vec<Rule> {
    report.findings().map(|finding| finding.rule).collect()
}

async fn look(served: &Served, path: &str, more: impl FnOnce(Probe) -> Probe) -> Report {
    more(probe(format!("http://{}{path}", served.addr))).check().await
}

#[tokio::test]
async fn whatever_is_switched_on_clients_find_their_way() {
    let issuer = issuer().await;
    let tokens = || jwt(issuer.issuer()).build().expect("settings that agree");
    let (_, key) = ApiKey::generate("tg_nightly", "reports").expect("random numbers");
    let keys = || api_keys([key.clone()]).build().expect("settings that agree");
    let proofs = jwt(issuer.issuer()).dpop().build().expect("settings that agree");
    let rows = [
        ("plain", "/mcp", at().auth(tokens())),
        ("elsewhere", "/a/b", at().auth(tokens()).path("/a/b")),
        ("at the root", "/", at().auth(tokens()).path("/")),
        ("for a page", "/mcp", at().auth(tokens()).cors(Cors::origins([PAGE]))),
        ("stateless", "/mcp", at().auth(tokens()).stateless()),
        ("with the old transport", "/mcp", at().auth(tokens()).sse("/sse")),
        ("with keys", "/mcp", at().auth(chain(keys()).or(tokens()))),
        ("with keys behind", "/mcp", at().auth(chain(tokens()).or(keys()))),
        ("with proofs", "/mcp", at().auth(proofs)),
    ];
    for (what, path, http) in rows {
        // Unless told to, a server has no metadata for clients that know of none of the resource's.
        let (http, noted): (_, &[Rule]) = match what {
            "plain" => (http, &[Rule::NoOldRoot]),
            _ => (http.mirror_authorization_server(), &[]),
        };
        let served = Served::start(server(), http).await;
        let report = look(&served, path, |probe| {
            let probe = probe.signed_by(&issuer.tokens(), ["a"]);
            if what == "for a page" { probe.page(PAGE) } else { probe }
        });
        let report = report.await;
        assert_eq!(found(&report), noted, "{what}\n{report}");
        let skipped: Vec<_> =
            report.stages.iter().filter(|stage| stage.skipped.is_some()).collect();
        let skipped: Vec<_> = skipped.iter().map(|stage| stage.step).collect();
        let expected: &[Step] = match what {
            "for a page" => &[],
            "at the root" => &[Step::Preflight, Step::Slash],
            "stateless" => &[Step::Preflight, Step::Session],
            _ => &[Step::Preflight],
        };
        assert_eq!(skipped, expected, "{what}\n{report}");
    }
}

#[tokio::test]
async fn servers_without_an_issuer_are_what_they_say() {
    let (secret, key) = ApiKey::generate("tg_nightly", "reports").expect("random numbers");
    let keys = api_keys([key]).build().expect("settings that agree");
    let served = Served::start(server(), at().auth(keys)).await;
    let report = look(&served, "/mcp", |probe| probe.by_hand().token(secret.expose())).await;
    assert_eq!(found(&report), [], "{report}");
    let report = look(&served, "/mcp", |probe| probe.token(secret.expose())).await;
    assert_eq!(report.first_broken().map(|(step, _)| step), Some(Step::PathForm), "{report}");

    let served = Served::start(server().open(), at()).await;
    let report = look(&served, "/mcp", Probe::open).await;
    assert_eq!(found(&report), [], "{report}");
    let report = look(&served, "/mcp", |probe| probe).await;
    assert_eq!(report.first_broken().map(|(_, it)| it.rule), Some(Rule::Unguarded), "{report}");
}

/// The commonest fault of all: a server that has another name for itself than its clients.
#[tokio::test]
async fn a_server_behind_another_url_is_found_to_be_another_resource() {
    let issuer = issuer().await;
    let auth = jwt(issuer.issuer()).build().expect("settings that agree");
    let http = at().auth(auth).public_url("https://mcp.example/mcp").hosts(["127.0.0.1"]);
    let served = Served::start(server(), http).await;
    let report = look(&served, "/mcp", |probe| probe).await;
    assert!(found(&report).contains(&Rule::OtherResource), "{report}");
}
