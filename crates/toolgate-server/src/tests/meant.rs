//! What a URI means: one resource or nothing, however it is written.

use futures::FutureExt;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use toolgate_core::{
    Context, Out, Request, Running,
    protocol::{Json, RequestMeta},
};

use super::{Calls, serve};
use crate::{ResourceSpec, Server, Typed};

#[derive(Deserialize, JsonSchema)]
struct Of {
    day: Option<String>,
}

/// Whether a URI is read, and is watched.
async fn reached(calls: &Calls, uri: &str) -> (bool, bool) {
    let read = calls.request("resources/read", json!({ "uri": uri })).await;
    if let Err(error) = &read {
        assert_eq!(error.message(), "unknown resource", "{uri}");
    }
    let watch = json!({ "notifications": { "resourceSubscriptions": [uri] } });
    let cx = Context::with(calls.caller.clone(), RequestMeta::default(), None).with_id(1.into());
    let request = Request::new("subscriptions/listen", Json::of(&watch).unwrap());
    let running = calls.service.call(request, cx).await.unwrap();
    let Running::Open { mut notes, mut end } = running else { panic!("{uri}: not open") };
    assert!(end.as_mut().now_or_never().is_none());
    let Some(Out::Note(first)) = notes.waiting() else { panic!("{uri}: nothing is said") };
    let honoured: Value = first.params.parse().unwrap();
    let honoured = honoured["notifications"]["resourceSubscriptions"].as_array().cloned();
    (read.is_ok(), honoured.is_some_and(|uris| !uris.is_empty()))
}

#[tokio::test]
async fn what_reads_the_same_once_it_is_decoded_gets_round_no_guard() {
    let spec = |uri: &str| ResourceSpec::new(uri).roles(["admin"]);
    let exact = |(): (), _: Context| async { Ok("x") };
    let family = |of: Of, _: Context| async move { Ok(of.day.unwrap_or_default()) };
    let server = Server::new("s", "1")
        .resource_fn(spec("t://secret"), exact)
        .resource_fn(spec("t://caf%C3%A9"), exact)
        .resource_fn(spec("q://x?day=a&more=1"), exact)
        .resource_fn(spec("w://own/{day}"), family)
        .resource_fn(spec("w://caf%C3%A9/{day}"), family)
        .resource_fn(ResourceSpec::new("t://{day}"), family)
        .resource_fn(ResourceSpec::new("q://x{?day}"), family)
        .resource_fn(ResourceSpec::new("w://{+day}"), family);
    let _live = server.live();
    let calls = serve(server).by(["a"]);
    for hidden in [
        "t://secret",
        "t://%73ecret",
        "t://%73%65cret",
        "t://caf%C3%A9",
        "t://caf%c3%a9",
        "t://caf\u{e9}",
        "q://x?day=a&more=1",
        "q://x?day=a&more=%31",
        "q://x?more=1&day=a",
        "q://x?day=%61",
        "w://own/1",
        "w://%6Fwn/1",
        "w://own%2F1",
        "w://own%2f100%25",
        "w://caf\u{e9}/1",
    ] {
        assert_eq!(reached(&calls, hidden).await, (false, false), "{hidden}");
    }
    for open in ["t://today", "t://%74oday", "t://%2573ecret", "q://x?day=b", "w://other/1%2F2"] {
        assert_eq!(reached(&calls, open).await, (true, true), "{open}");
    }
}

#[tokio::test]
async fn what_is_off_is_not_got_round_either() {
    let family = |of: Of, _: Context| async move { Ok(of.day.unwrap_or_default()) };
    let completed = |uri: &str| {
        let same = |typed: Typed, _: Context| async move { Ok(vec![typed.value]) };
        ResourceSpec::new(uri).complete("day", same)
    };
    let server = Server::new("s", "1")
        .open()
        .resource_fn(ResourceSpec::new("t://one"), |(), _| async { Ok("x") })
        .resource_fn(completed("u://own/{day}"), family)
        .resource_fn(completed("t://{+day}"), family);
    let live = server.live();
    let calls = serve(server);
    live.enable_resource("t://one", false);
    live.enable_resource("u://own/{day}", false);
    for uri in ["t://one", "t://%6Fne", "u://own/1"] {
        assert_eq!(reached(&calls, uri).await, (false, false), "{uri}");
    }
    for uri in ["u://own/{day}", "u://%6Fwn/{day}"] {
        let params = json!({
            "ref": { "type": "ref/resource", "uri": uri },
            "argument": { "name": "day", "value": "t" },
        });
        let error = calls.request("completion/complete", params).await.unwrap_err();
        assert_eq!(error.message(), "unknown reference");
    }
    assert_eq!(reached(&calls, "t://two").await, (true, true));
    live.enable_resource("t://one", true);
    assert_eq!(reached(&calls, "t://one").await, (true, true));
}
