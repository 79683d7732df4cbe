//! What a sink is told of decisions.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use toolgate_core::{Caller, Identity, Key, audit::Lines};

use super::serve;
use crate::{Decision, Guard, PromptSpec, ResourceSpec, Server, ToolSpec, max_age, role};

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Written {
    /// The events since the last time, without the members that no two runs have alike.
    fn events(&self) -> Vec<Value> {
        let text = String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap();
        let event = |line: &str| {
            let mut event: Value = serde_json::from_str(line).unwrap();
            let members = event.as_object_mut().unwrap();
            assert!(members.remove("time").is_some_and(|time| time.is_f64()));
            assert!(members.remove("latency_us").is_some_and(|latency| latency.is_u64()));
            event
        };
        text.lines().map(event).collect()
    }
}

fn server(written: &Written) -> Server {
    let text = |_: Value, _| async { Ok("done") };
    Server::new("s", "1")
        .audit(Lines::to(written.clone()))
        .tool_fn(ToolSpec::new("open"), text)
        .tool_fn(ToolSpec::new("write").scopes(["files:write"]), text)
        .tool_fn(ToolSpec::new("admin").guard(role("admin")), text)
        .tool_fn(ToolSpec::new("pay").guard(max_age(Duration::from_secs(300))), text)
        .tool_fn(ToolSpec::new("never").guard(Guard::decided_by(|_| Decision::Forbid)), text)
        .resource_fn(
            ResourceSpec::new("mem://{name}").name("mem").scopes(["mem"]),
            |_: Value, _| async { Ok("text") },
        )
        .prompt_fn(PromptSpec::new("greet"), |_: Value, _| async { Ok("hello") })
}

fn ada() -> Identity {
    Identity::new(Key::new("https://id.example", "ada").client("app"))
}

#[tokio::test]
async fn each_use_is_told_with_who_what_and_why_and_without_its_arguments() {
    let written = Written::default();
    let calls = serve(server(&written)).by_identity(ada());
    for (tool, decision, reason) in [
        ("open", "allowed", None),
        ("write", "scopes", Some("needs files:write")),
        ("admin", "hidden", Some("not for this caller")),
        ("pay", "step_up", Some("needs a login within 300 s")),
        ("never", "refused", Some("forbidden")),
    ] {
        let _ = calls.call(tool, json!({ "secret": "s3cr3t" })).await;
        let mut expected = json!({
            "action": "use", "method": "tools/call", "kind": "tool", "item": tool,
            "decision": decision, "issuer": "https://id.example", "subject": "ada", "client": "app",
            "arguments_bytes": 19,
        });
        if let Some(reason) = reason {
            expected["reason"] = reason.into();
        }
        assert_eq!(written.events(), [expected], "{tool}");
    }
}

#[tokio::test]
async fn each_list_is_told_once_with_how_much_of_it_was_shown() {
    let written = Written::default();
    let calls = serve(server(&written)).by_identity(ada());
    calls.request("tools/list", json!({})).await.unwrap();
    let [event] = &written.events()[..] else { panic!("one event") };
    assert_eq!((&event["action"], &event["method"]), (&json!("list"), &json!("tools/list")));
    // What anybody may do, and what a fresh login is enough for.
    assert_eq!(event["reason"], "2 of 5");
}

#[tokio::test]
async fn other_kinds_are_told_by_what_they_are_found_by() {
    let written = Written::default();
    let calls = serve(server(&written)).by_identity(ada().scopes(["mem"]));
    let _ = calls.request("resources/read", json!({ "uri": "mem://a" })).await;
    let _ = calls.request("prompts/get", json!({ "name": "greet" })).await;
    let told: Vec<_> =
        written.events().iter().map(|it| format!("{} {}", it["kind"], it["item"])).collect();
    assert_eq!(told, [r#""template" "mem://{name}""#, r#""prompt" "greet""#]);
}

#[tokio::test]
async fn who_is_refused_before_anything_is_told_too() {
    let written = Written::default();
    let mut calls = serve(server(&written).required_scopes(["base"]));
    calls.caller = Caller::Open;
    let _ = calls.call("open", json!({})).await;
    let _ = calls.by_identity(ada()).call("open", json!({})).await;
    let told: Vec<_> = written.events();
    let expected = [
        json!({
            "action": "request", "method": "tools/call", "decision": "refused",
            "reason": "nobody was authenticated",
        }),
        json!({
            "action": "request", "method": "tools/call", "decision": "scopes", "reason": "needs base",
            "issuer": "https://id.example", "subject": "ada", "client": "app",
        }),
    ];
    assert_eq!(told, expected);
}
