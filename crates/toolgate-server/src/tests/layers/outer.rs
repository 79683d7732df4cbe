//! Outer layers see and refuse every request, and answer none.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::json;
use tokio::sync::Notify;
use toolgate_core::{
    Caller, Context, Denial, Error, Identity, Key, Request, Running, Scopes,
    context::Step,
    protocol::{Json, RequestMeta, code, input::InputRequest},
};

use super::{Nothing, Seen, items, uses};
use crate::{
    Outer, Passed, Passing, Server, ToolError, ToolSpec,
    tests::{serve, value},
};

/// A layer that is a type, and tells when a request goes in and comes out.
struct Told(&'static str, Seen);

impl Outer for Told {
    async fn around(&self, passing: Passing) -> Passed {
        let Self(name, seen) = self;
        seen.push(format!("{name} in"));
        let passed = passing.next().await;
        seen.push(format!("{name} out {}", passed.outcome().is_ok()));
        passed
    }
}

#[tokio::test]
async fn the_first_layer_is_outermost() {
    let seen = Seen::default();
    let server = items().outer(Told("a", seen.clone())).outer(Told("b", seen.clone()));
    let reply = serve(server).by(Scopes::none()).call("free", json!({})).await.unwrap();
    assert_eq!(reply["content"][0]["text"], "free");
    assert_eq!(seen.take(), ["a in", "b in", "b out true", "a out true"]);
}

#[tokio::test]
async fn every_request_passes_before_anything_is_decided() {
    let seen = Seen::default();
    let told = seen.clone();
    let layer = move |passing: Passing| {
        let told = told.clone();
        async move {
            let who = passing.cx().identity().unwrap().key.subject.clone();
            let Request { method, params, .. } = passing.request().clone();
            let passed = passing.next().await;
            let code = passed.outcome().err().map(Error::code);
            told.push(format!("{who} {method} {} {code:?}", params.as_bytes().len()));
            passed
        }
    };
    let calls = serve(items().outer(layer)).by(["read"]);
    for (method, params, _) in uses() {
        calls.request(method, params).await.unwrap();
    }
    for method in ["server/discover", "tools/list"] {
        calls.request(method, json!({})).await.unwrap();
    }
    for (method, params) in [
        ("no/such", json!({})),
        ("tools/call", json!({"name": "secret"})),
        ("tools/call", json!({})),
    ] {
        calls.request(method, params).await.unwrap_err();
    }
    let expected = [
        "user-1 tools/call 46 None",
        "user-1 resources/read 17 None",
        "user-1 resources/read 21 None",
        "user-1 prompts/get 42 None",
        "user-1 server/discover 2 None",
        "user-1 tools/list 2 None",
        "user-1 no/such 2 Some(-32601)",
        "user-1 tools/call 17 Some(-32602)",
        "user-1 tools/call 2 Some(-32602)",
    ];
    assert_eq!(seen.take(), expected);
}

#[tokio::test]
async fn a_refusal_is_told_as_it_is_and_nothing_runs() {
    let seen = Seen::default();
    let ran = seen.clone();
    let refuse = |passing: Passing| async move {
        match passing.request().method.as_ref() {
            "tools/list" => Passed::refused(Error::denied(Denial::Busy(Duration::from_secs(7)))),
            "prompts/list" => Passed::refused(ToolError::shown("not today")),
            "tools/call" => Passed::refused(std::io::Error::other("password s3cr3t")),
            "server/discover" => Passed::refused(ToolError::asks(
                "k",
                InputRequest::new("roots/list", Json::object()),
            )),
            _ => passing.next().await,
        }
    };
    let server = items().outer(refuse).outer(move |passing: Passing| {
        ran.push("ran");
        passing.next()
    });
    let calls = serve(server).by(["read"]);
    let refused = async |method| calls.request(method, json!({})).await.unwrap_err();
    let busy = refused("tools/list").await;
    assert_eq!(busy.denial(), Some(&Denial::Busy(Duration::from_secs(7))));
    let shown = refused("prompts/list").await;
    assert_eq!((shown.code(), shown.message()), (code::INTERNAL_ERROR, "not today"));
    for method in ["tools/call", "server/discover"] {
        let hidden = refused(method).await;
        assert!(hidden.message().starts_with("internal error "), "{hidden}");
    }
    assert!(seen.take().is_empty());
}

#[tokio::test]
async fn the_answer_to_another_request_is_none() {
    let kept: Arc<Mutex<Option<Passed>>> = Arc::default();
    let steal = move |passing: Passing| {
        let kept = kept.clone();
        async move {
            let subject = passing.cx().identity().unwrap().key.subject.clone();
            if &*subject == "ann" {
                *kept.lock().unwrap() = Some(passing.next().await);
                return Passed::refused(ToolError::shown("kept"));
            }
            kept.lock().unwrap().take().unwrap()
        }
    };
    let calls = serve(items().outer(steal));
    let by = |who: &str| calls.by_identity(Identity::new(Key::new("test", who)));
    assert_eq!(by("ann").call("free", json!({})).await.unwrap_err().message(), "kept");
    let stolen = by("bob").call("free", json!({})).await.unwrap_err();
    assert!(stolen.message().starts_with("internal error "), "{stolen}");
}

#[tokio::test]
async fn a_panic_is_an_error_that_outer_layers_see() {
    let seen = Seen::default();
    let panics = |passing: Passing| {
        // Where the future is made, and while it runs.
        assert!(passing.request().method != "tools/list", "s3cr3t");
        async move {
            assert!(passing.request().method != "tools/call", "s3cr3t");
            passing.next().await
        }
    };
    let calls = serve(items().outer(Told("a", seen.clone())).outer(panics)).by(Scopes::none());
    for method in ["tools/list", "tools/call"] {
        let error = calls.request(method, json!({"name": "free"})).await.unwrap_err();
        assert_eq!(error.code(), code::INTERNAL_ERROR);
        assert!(error.message().starts_with("internal error "), "{error}");
        assert_eq!(seen.take(), ["a in", "a out false"]);
    }
    assert!(calls.request("server/discover", json!({})).await.is_ok());
}

#[tokio::test]
async fn nobodys_code_runs_for_callers_that_nobody_knows() {
    let seen = Seen::default();
    let error = serve(items().outer(Told("a", seen.clone()))).call("free", json!({})).await;
    assert_eq!(error.unwrap_err().denial(), Some(&Denial::Unauthenticated));
    assert!(seen.take().is_empty());
}

/// Tells its progress often, waits until it may go on, and answers.
fn counting(go: Arc<Notify>) -> Server {
    Server::new("s", "1").open().tool_fn(ToolSpec::new("count"), move |_: Nothing, cx: Context| {
        let go = go.clone();
        async move {
            for step in 1..=100 {
                cx.progress(Step::new(f64::from(step))).await?;
            }
            go.notified().await;
            Ok("counted")
        }
    })
}

/// Takes the notes of a call that runs behind layers, then lets it end.
async fn counted(server: Server, go: &Notify) -> (usize, String) {
    let calls = serve(server);
    let params = json!({"name": "count", "_meta": {"progressToken": 1}});
    let params = Json::of(&params).unwrap();
    let meta = RequestMeta::read(Some(&params)).unwrap();
    let cx = Context::with(Caller::Open, meta, None);
    let running = calls.service.call(Request::new("tools/call", params), cx).await.unwrap();
    let Running::Open { mut notes, mut end } = running else { panic!("it has not ended") };
    let mut count = 0;
    loop {
        tokio::select! {
            biased;
            _ = &mut end => panic!("it was not told to end"),
            note = notes.next() => { note.unwrap(); count += 1; }
        }
        if count == 100 {
            go.notify_one();
            let reply = value(&end.await.unwrap());
            return (count, reply["content"][0]["text"].as_str().unwrap().to_owned());
        }
    }
}

#[tokio::test]
async fn a_request_that_goes_on_is_within_its_layers_until_it_ends() {
    let (go, seen) = (Arc::new(Notify::new()), Seen::default());
    let server = counting(go.clone()).outer(Told("a", seen.clone()));
    assert_eq!(counted(server, &go).await, (100, "counted".into()));
    assert_eq!(seen.take(), ["a in", "a out true"]);
}

#[tokio::test]
async fn a_request_that_a_layer_runs_elsewhere_goes_on_too() {
    let go = Arc::new(Notify::new());
    let elsewhere = |passing: Passing| async { tokio::spawn(passing.next()).await.unwrap() };
    assert_eq!(counted(counting(go.clone()).outer(elsewhere), &go).await, (100, "counted".into()));
}

#[tokio::test(start_paused = true)]
async fn a_layer_may_let_a_request_go_and_say_later_what_became_of_it() {
    let server = items().outer(|passing: Passing| async move {
        drop(passing);
        tokio::time::sleep(Duration::from_secs(1)).await;
        Passed::refused(ToolError::shown("too late"))
    });
    let error = serve(server).by(Scopes::none()).call("free", json!({})).await.unwrap_err();
    assert_eq!(error.message(), "too late");
}
