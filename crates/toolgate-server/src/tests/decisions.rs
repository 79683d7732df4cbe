//! Every list and every use of every kind passes the one decision.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use toolgate_core::{Denial, Scopes, protocol::code};

use super::{Calls, serve, value};
use crate::{
    Act, Ask, Decision, Guard, PromptSpec, ResourceSpec, Server, ToolSpec, access::Access,
};

#[derive(Deserialize, JsonSchema)]
struct Of {
    #[expect(dead_code, reason = "only its shape is wanted")]
    day: Day,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Day {
    Today,
}

/// Method, member of the result, kind.
pub(super) const LISTS: [(&str, &str, &str); 4] = [
    ("tools/list", "tools", "tool"),
    ("resources/list", "resources", "resource"),
    ("resources/templates/list", "resourceTemplates", "template"),
    ("prompts/list", "prompts", "prompt"),
];

/// Method, parameters of a use, of one that is unknown, kind.
pub(super) fn uses() -> Vec<(&'static str, Value, Value, &'static str)> {
    let complete =
        |reference: Value| json!({ "ref": reference, "argument": { "name": "day", "value": "t" } });
    let prompt = |name: &str| complete(json!({ "type": "ref/prompt", "name": name }));
    let family = |uri: &str| complete(json!({ "type": "ref/resource", "uri": uri }));
    let day = json!({ "day": "today" });
    vec![
        ("tools/call", json!({ "name": "it", "arguments": day }), json!({ "name": "no" }), "tool"),
        ("resources/read", json!({ "uri": "t://it" }), json!({ "uri": "t://no" }), "resource"),
        ("resources/read", json!({ "uri": "t://a/today" }), json!({ "uri": "t://no" }), "template"),
        (
            "prompts/get",
            json!({ "name": "it", "arguments": day }),
            json!({ "name": "no" }),
            "prompt",
        ),
        ("completion/complete", prompt("it"), prompt("no"), "prompt"),
        ("completion/complete", family("t://a/{day}"), family("t://{no}"), "template"),
    ]
}

/// A server with an item of each kind, all of which need the same, and how often their code has run.
pub(super) fn each_kind(access: &Access) -> (Server, Arc<AtomicUsize>) {
    let ran = Arc::new(AtomicUsize::new(0));
    let run = {
        let ran = ran.clone();
        move || {
            ran.fetch_add(1, Ordering::Relaxed);
            async { Ok("done") }
        }
    };
    let (tool, one, family, prompt) = (run.clone(), run.clone(), run.clone(), run);
    let (mut of_tool, mut of_prompt) = (ToolSpec::new("it"), PromptSpec::new("it"));
    (of_tool.access, of_prompt.access) = (access.clone(), access.clone());
    let resource = |uri: &str| {
        let mut spec = ResourceSpec::new(uri).name("it");
        spec.access = access.clone();
        spec
    };
    let server = Server::new("s", "1")
        .tool_fn(of_tool, move |_: Of, _| tool())
        .resource_fn(resource("t://it"), move |(), _| one())
        .resource_fn(resource("t://a/{day}"), move |_: Of, _| family())
        .prompt_fn(of_prompt, move |_: Of, _| prompt());
    (server, ran)
}

/// The same, behind one guard.
fn server(guard: impl Fn(&Ask<'_>) -> Decision + Send + Sync + 'static, listed: bool) -> Guarded {
    let guard = Some(Guard::decided_by(guard));
    let (server, ran) = each_kind(&Access { guard, listed, ..Access::default() });
    Guarded { calls: serve(server).by(["a"]), ran }
}

struct Guarded {
    calls: Calls,
    ran: Arc<AtomicUsize>,
}

#[tokio::test]
async fn each_list_and_each_use_asks_once_about_its_item() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let guarded = server(
        move |ask| {
            let item = (ask.item.kind, ask.item.name.to_owned(), ask.act);
            seen.lock().unwrap().push(item);
            Decision::Allow
        },
        false,
    );
    let taken = || std::mem::take(&mut *asked.lock().unwrap());
    for (method, _, kind) in LISTS {
        guarded.calls.request(method, json!({})).await.unwrap();
        assert_eq!(taken(), [(kind, "it".to_owned(), Act::List)], "{method}");
    }
    for (method, params, unknown, kind) in uses() {
        guarded.calls.request(method, params.clone()).await.unwrap();
        assert_eq!(taken(), [(kind, "it".to_owned(), Act::Use)], "{method} {params}");
        guarded.calls.request(method, unknown).await.unwrap_err();
        assert_eq!(taken(), [], "{method}");
    }
}

#[tokio::test]
async fn each_decision_means_the_same_for_each_kind() {
    let (max_age, acr, scopes) = (Some(Duration::from_secs(1)), None, Scopes::from(["x"]));
    let fresh = Decision::NeedFresh { max_age, acr: acr.clone(), scopes: scopes.clone() };
    let step_up = Denial::StepUp { max_age, acr, scopes };
    let rows = [
        (Decision::Allow, None),
        (Decision::Hide, None),
        (Decision::Forbid, Some(Denial::Forbidden)),
        (Decision::NeedScopes(["x"].into()), Some(Denial::Scopes(["x"].into()))),
        (fresh, Some(step_up)),
        (Decision::NeedIdentity, Some(Denial::Unauthenticated)),
    ];
    for (decision, denial) in rows {
        for listed in [false, true] {
            let given = decision.clone();
            let Guarded { calls, ran } = server(move |_| given.clone(), listed);
            let shown = decision == Decision::Allow || listed;
            for (method, member, _) in LISTS {
                let list = value(&calls.request(method, json!({})).await.unwrap());
                let count = list[member].as_array().unwrap().len();
                assert_eq!(count, usize::from(shown), "{method} {decision:?} {listed}");
            }
            for (method, params, unknown, _) in uses() {
                let told = calls.request(method, params).await.err();
                match &decision {
                    Decision::Allow => assert_eq!(told, None, "{method}"),
                    Decision::Hide if !listed => {
                        let unknown = calls.request(method, unknown).await.unwrap_err();
                        let told = told.unwrap();
                        let words = (told.code(), told.message());
                        assert_eq!(words, (code::INVALID_PARAMS, unknown.message()), "{method}");
                    }
                    Decision::Hide => {
                        assert_eq!(told.unwrap().denial(), Some(&Denial::Forbidden), "{method}");
                    }
                    _ => assert_eq!(told.unwrap().denial(), denial.as_ref(), "{method}"),
                }
            }
            let runs = if decision == Decision::Allow { 4 } else { 0 };
            assert_eq!(ran.load(Ordering::Relaxed), runs, "{decision:?}");
        }
    }
}

#[tokio::test]
async fn a_guard_sees_what_an_item_is_used_with() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let guarded = server(
        move |ask| {
            let arguments = ask.arguments.map(|arguments| arguments.parse::<Value>().unwrap());
            seen.lock().unwrap().push(arguments);
            Decision::Allow
        },
        false,
    );
    for (method, params, _, _) in uses() {
        guarded.calls.request(method, params).await.unwrap();
    }
    let day = |day: &str| Some(json!({ "day": day }));
    let expected = [day("today"), None, day("today"), day("today"), day("t"), day("t")];
    assert_eq!(*asked.lock().unwrap(), expected);
}

#[tokio::test]
async fn what_is_hidden_is_not_got_round_by_a_family_that_has_it_too() {
    let server = Server::new("s", "1")
        .resource_fn(ResourceSpec::new("t://secret").roles(["admin"]), |(), _| async { Ok("x") })
        .resource_fn(ResourceSpec::new("t://{day}"), |_: Of, _| async { Ok("y") });
    let calls = serve(server).by(["a"]);
    let error = calls.request("resources/read", json!({ "uri": "t://secret" })).await.unwrap_err();
    assert_eq!(error.message(), "unknown resource");
    calls.request("resources/read", json!({ "uri": "t://today" })).await.unwrap();
}

#[test]
fn the_card_has_the_scopes_of_all_kinds() {
    let spec = |uri: &str, scope: &str| ResourceSpec::new(uri).scopes([scope]);
    let server = Server::new("s", "1")
        .tool_fn(ToolSpec::new("t").scopes(["tool"]), |_: Of, _| async { Ok(()) })
        .resource_fn(spec("t://it", "one"), |(), _| async { Ok("x") })
        .resource_fn(spec("t://{day}", "family"), |_: Of, _| async { Ok("x") })
        .resource_fn(spec("t://b", "secret").advertised(false), |(), _| async { Ok("x") })
        .prompt_fn(PromptSpec::new("p").scopes(["prompt"]), |(), _| async { Ok("x") });
    let card = serve(server).service.card();
    assert_eq!(card.scopes.to_string(), "family one prompt tool");
    for guarded in [
        Server::new("s", "1").resource_fn(spec("t://it", "a"), |(), _| async { Ok("x") }),
        Server::new("s", "1").resource_fn(spec("t://{day}", "a"), |_: Of, _| async { Ok("x") }),
        Server::new("s", "1")
            .prompt_fn(PromptSpec::new("p").scopes(["a"]), |(), _| async { Ok("x") }),
    ] {
        assert!(serve(guarded).service.card().guarded);
    }
    assert!(!Access::default().is_guarded());
}
