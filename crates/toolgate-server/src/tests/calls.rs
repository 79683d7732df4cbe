//! How calls run and fail.

use std::{
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use toolgate_core::{Context, Denial, protocol::code};

use super::{serve, value};
use crate::{Result, Run, RunBlocking, Server, Tool, ToolError, ToolSpec};

#[derive(Deserialize, JsonSchema)]
struct Add {
    a: i64,
    b: i64,
}

impl Tool for Add {
    fn spec() -> ToolSpec {
        ToolSpec::new("add").description("Add two numbers.").read_only(true)
    }
}

impl Run<i64> for Add {
    type Output = i64;

    async fn run(self, base: &i64, _: &Context) -> Result<i64> {
        Ok(base + self.a + self.b)
    }
}

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

fn calc() -> Server<i64> {
    Server::new("calc", "1.0.0").open().state(100).tool::<Add>()
}

#[tokio::test]
async fn a_tool_runs_with_its_arguments_and_the_state() {
    let result = serve(calc()).call("add", json!({"a": 2, "b": 3})).await.unwrap();
    assert_eq!(
        result,
        json!({"content": [{"type": "text", "text": "105"}], "structuredContent": {"result": 105}})
    );
}

#[tokio::test]
async fn bad_arguments_are_a_result_that_names_the_field() {
    let result = serve(calc()).call("add", json!({"a": "x", "b": 3})).await.unwrap();
    assert_eq!(result["isError"], true);
    let text = result["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("`a`") && text.contains("expected i64"), "{text}");
}

#[tokio::test]
async fn unknown_tools_methods_and_cursors_are_errors() {
    let calls = serve(calc());
    assert_eq!(calls.call("sub", json!({})).await.unwrap_err().code(), code::INVALID_PARAMS);
    assert_eq!(calls.call("add", json!([1])).await.unwrap_err().code(), code::INVALID_PARAMS);
    let rows = [
        ("prompts/list", json!({}), code::METHOD_NOT_FOUND),
        ("tools/list", json!({"cursor": "x"}), code::INVALID_PARAMS),
        ("tools/call", json!({}), code::INVALID_PARAMS),
    ];
    for (method, params, code) in rows {
        assert_eq!(calls.request(method, params).await.unwrap_err().code(), code, "{method}");
    }
    let empty = serve(Server::new("empty", "1").open());
    let error = empty.request("tools/list", json!({})).await.unwrap_err();
    assert_eq!(error.code(), code::METHOD_NOT_FOUND, "not advertised, so not served");
}

#[tokio::test]
async fn what_a_tool_says_is_shown_and_what_it_hides_is_masked() {
    let server = Server::new("s", "1")
        .open()
        .tool_fn(ToolSpec::new("says"), |_: Nothing, _| async {
            Err::<(), _>(ToolError::shown("no such file"))
        })
        .tool_fn(ToolSpec::new("hides"), |_: Nothing, _| async {
            Err::<(), _>(std::io::Error::other("password s3cr3t").into())
        })
        .tool_fn(ToolSpec::new("refuses"), |_: Nothing, cx: Context| async move {
            cx.identity()?;
            Ok(())
        });
    let calls = serve(server);
    let said = calls.call("says", json!({})).await.unwrap();
    assert_eq!(
        (&said["isError"], &said["content"][0]["text"]),
        (&json!(true), &json!("no such file"))
    );
    let hidden = calls.call("hides", json!({})).await.unwrap_err();
    assert_eq!(hidden.code(), code::INTERNAL_ERROR);
    assert!(
        hidden.message().starts_with("internal error ") && !hidden.message().contains("s3cr3t")
    );
    let refused = calls.call("refuses", json!({})).await.unwrap_err();
    assert_eq!(
        refused.denial(),
        Some(&Denial::Unauthenticated),
        "an error of the seam goes through"
    );
}

#[tokio::test]
async fn a_panic_is_an_error_to_that_caller_alone() {
    let server = calc()
        .tool_fn(ToolSpec::new("panics"), |_: Nothing, _| async {
            if true {
                panic!("s3cr3t");
            }
            Ok(())
        })
        .blocking_tool_fn(ToolSpec::new("panics_too"), |_: Nothing, _| {
            if true {
                panic!("s3cr3t");
            }
            Ok(())
        });
    let calls = serve(server);
    for name in ["panics", "panics_too"] {
        let error = calls.call(name, json!({})).await.unwrap_err();
        assert_eq!(error.code(), code::INTERNAL_ERROR);
        assert!(!error.message().contains("s3cr3t"));
    }
    calls.call("add", json!({"a": 1, "b": 1})).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_takes_too_long_is_dropped_and_said_so() {
    let (dropped, mut seen) = tokio::sync::mpsc::channel::<()>(1);
    let spec = ToolSpec::new("slow").timeout(Duration::from_secs(10));
    let server = Server::new("s", "1").open().tool_fn(spec, move |_: Nothing, cx: Context| {
        let dropped = dropped.clone();
        async move {
            assert!(cx.deadline().is_some());
            let _held_until_dropped = dropped;
            std::future::pending::<()>().await;
            Ok(())
        }
    });
    let calls = serve(server);
    let result = calls.call("slow", json!({})).await.unwrap();
    assert_eq!(result["isError"], true);
    assert!(result["content"][0]["text"].as_str().unwrap().contains("10 s"));
    drop(calls);
    assert!(seen.recv().await.is_none(), "the call's own future is gone");
}

struct Where(mpsc::Sender<thread::ThreadId>);

#[derive(Deserialize, JsonSchema)]
struct Hash {}

impl Tool for Hash {
    fn spec() -> ToolSpec {
        ToolSpec::new("hash")
    }
}

impl RunBlocking<Where> for Hash {
    type Output = ();

    fn run(self, state: &Where, _: &Context) -> Result<()> {
        state.0.send(thread::current().id())?;
        Ok(())
    }
}

#[tokio::test]
async fn a_blocking_tool_runs_on_a_thread_of_its_own() {
    let (sender, threads) = mpsc::channel();
    let server = Server::new("s", "1").open().state(Where(sender)).blocking_tool::<Hash>();
    serve(server).call("hash", json!({})).await.unwrap();
    assert_ne!(threads.recv().unwrap(), thread::current().id());
}

#[tokio::test(flavor = "multi_thread")]
async fn blocking_tools_run_a_bounded_number_at_a_time() {
    let (entered, mut entries) = tokio::sync::mpsc::unbounded_channel();
    let (release, released) = mpsc::channel::<()>();
    let released = Arc::new(std::sync::Mutex::new(released));
    let server = Server::new("s", "1").open().blocking_tools(1).blocking_tool_fn(
        ToolSpec::new("blocks"),
        move |_: Nothing, _| {
            entered.send(()).unwrap();
            released.lock().unwrap().recv().unwrap();
            Ok(())
        },
    );
    let calls = Arc::new(serve(server));
    let call = |calls: Arc<super::Calls>| {
        tokio::spawn(async move { calls.call("blocks", json!({})).await.unwrap() })
    };
    let (first, second) = (call(calls.clone()), call(calls));
    entries.recv().await.unwrap();
    assert!(entries.try_recv().is_err(), "the second waits for the first");
    release.send(()).unwrap();
    entries.recv().await.unwrap();
    release.send(()).unwrap();
    first.await.unwrap();
    second.await.unwrap();
}

#[tokio::test]
async fn the_server_says_what_it_is() {
    let server = calc().instructions("Add things.").title("Calculator");
    let calls = serve(server);
    let reply = calls.request("server/discover", json!({})).await.unwrap();
    assert_eq!(
        value(&reply),
        json!({"supportedVersions": ["2026-07-28"], "capabilities": {"logging": {}, "tools": {}},
               "instructions": "Add things."})
    );
    assert_eq!(calls.service.card().server.title.as_deref(), Some("Calculator"));
}
