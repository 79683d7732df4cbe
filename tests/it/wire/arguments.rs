//! `Mcp-Param-*`: arguments that a schema mirrors into headers.

use serde_json::{Value, json};
use toolgate_server::{Decision, Passing, Server, ToolSpec};

use super::{Place, of_ann, said, start};
use crate::support::{
    client::{Ask, Reply},
    mcp,
    served::Served,
};

fn place(arguments: Value, headers: Headers<'_>) -> Ask {
    let ask = of_ann(&mcp::call(7, "place", arguments));
    headers.iter().fold(ask, |ask, (name, value)| ask.adding(name, value))
}

/// Headers beside those that every call has.
type Headers<'a> = &'a [(&'a str, &'a str)];

#[tokio::test]
async fn what_agrees_passes() {
    let server = start().await;
    let region = |text: &str| json!({"region": text});
    let rows: &[(Value, Headers<'_>)] = &[
        (json!({}), &[]),
        (json!({"region": null, "limit": null}), &[]),
        (region("eu"), &[("Mcp-Param-Region", "eu")]),
        (region("eu"), &[("mcp-param-region", "  eu\t")]),
        (region("eu"), &[("Mcp-Param-Region", "=?base64?ZXU=?=")]),
        (region("é"), &[("Mcp-Param-Region", "=?base64?w6k=?=")]),
        (region(" eu"), &[("Mcp-Param-Region", "=?base64?IGV1?=")]),
        (region("a, b"), &[("Mcp-Param-Region", "a, b")]),
        (region(""), &[("Mcp-Param-Region", "")]),
        (json!({"limit": 42}), &[("Mcp-Param-Limit", "42")]),
        (json!({"limit": 42}), &[("Mcp-Param-Limit", "42.0")]),
        (json!({"limit": -7}), &[("Mcp-Param-Limit", "-7")]),
        (json!({"limit": 9_007_199_254_740_991_i64}), &[("Mcp-Param-Limit", "9007199254740991")]),
        (json!({"exact": true}), &[("Mcp-Param-Exact", "true")]),
        (json!({"exact": false}), &[("Mcp-Param-Exact", "false")]),
        // Nobody asked for this one.
        (json!({}), &[("Mcp-Param-Other", "x")]),
        (
            json!({"region": "eu", "limit": 1}),
            &[("Mcp-Param-Region", "eu"), ("Mcp-Param-Limit", "1")],
        ),
    ];
    for (arguments, headers) in rows {
        let reply = server.send(&place(arguments.clone(), headers)).await;
        assert_eq!(reply.outcome(), (200, None), "{arguments} {headers:?}: {}", reply.text());
        assert!(reply.json()["result"].get("isError").is_none(), "{arguments} {headers:?}");
    }
    let reply = server.send(&place(region("é"), &[("Mcp-Param-Region", "=?base64?w6k=?=")])).await;
    assert_eq!(said(&reply), r#"Some("é") None None"#);
}

#[tokio::test]
async fn what_differs_is_refused() {
    let server = start().await;
    let region = || json!({"region": "eu"});
    let rows: &[(&str, Value, Headers<'_>)] = &[
        ("missing", region(), &[]),
        ("in the header alone", json!({}), &[("Mcp-Param-Region", "eu")]),
        ("null in the body", json!({"region": null}), &[("Mcp-Param-Region", "null")]),
        ("different", region(), &[("Mcp-Param-Region", "us")]),
        ("other case", region(), &[("Mcp-Param-Region", "EU")]),
        ("empty", region(), &[("Mcp-Param-Region", "")]),
        ("twice", region(), &[("Mcp-Param-Region", "eu"), ("Mcp-Param-Region", "eu")]),
        ("bad Base64", region(), &[("Mcp-Param-Region", "=?base64?ZXU?=")]),
        ("not ASCII", json!({"region": "é"}), &[("Mcp-Param-Region", "é")]),
        ("quoted", region(), &[("Mcp-Param-Region", "\"eu\"")]),
        ("another number", json!({"limit": 42}), &[("Mcp-Param-Limit", "43")]),
        ("not a number", json!({"limit": 42}), &[("Mcp-Param-Limit", "many")]),
        ("nearly", json!({"limit": 42}), &[("Mcp-Param-Limit", "42.5")]),
        (
            "rounded",
            json!({"limit": 9_007_199_254_740_993_i64}),
            &[("Mcp-Param-Limit", "9007199254740992")],
        ),
        ("other truth", json!({"exact": true}), &[("Mcp-Param-Exact", "false")]),
        ("truth by number", json!({"exact": true}), &[("Mcp-Param-Exact", "1")]),
        ("one of two", json!({"region": "eu", "limit": 1}), &[("Mcp-Param-Region", "eu")]),
    ];
    for (fault, arguments, headers) in rows {
        let reply = server.send(&place(arguments.clone(), headers)).await;
        assert_eq!(reply.outcome(), (400, Some(-32020)), "{fault}: {}", reply.text());
        assert_eq!(reply.json()["id"], 7, "{fault}");
    }
}

#[tokio::test]
async fn an_argument_named_twice_cannot_say_one_thing_here_and_another_there() {
    let server = start().await;
    let message = mcp::call(7, "place", json!({"region": "eu"})).to_string();
    let twice = message.replace(r#""region":"eu""#, r#""region":"eu","region":"us""#);
    assert_ne!(message, twice);
    for header in ["eu", "us"] {
        let ask = place(json!({}), &[("Mcp-Param-Region", header)]).body(twice.clone());
        let reply = server.send(&ask).await;
        let code = reply.json()["error"]["code"].clone();
        assert!(reply.status == 400 && (code == -32602 || code == -32020), "{header}: {reply:?}");
    }
}

#[tokio::test]
async fn the_list_says_which_arguments_are_mirrored() {
    let server = start().await;
    let reply = server.send(&of_ann(&mcp::message(7, "tools/list", json!({})))).await.json();
    let tools = reply["result"]["tools"].as_array().expect("tools");
    let place = tools.iter().find(|tool| tool["name"] == "place").expect("place");
    let properties = &place["inputSchema"]["properties"];
    for (name, suffix) in [("region", "Region"), ("limit", "Limit"), ("exact", "Exact")] {
        assert_eq!(properties[name]["x-mcp-header"], suffix);
    }
}

/// Tools that want a header: a role, a policy and a switch hide one each, the policy not from bob; one
/// needs a scope.
fn with_hidden(server: Server) -> Server {
    let policy = |ask: &toolgate_server::Ask<'_>| match (ask.item.name, ask.caller.identity()) {
        ("by_policy", Some(who)) if &*who.key.subject != "bob" => Decision::Hide,
        _ => Decision::Allow,
    };
    let specs = [
        ToolSpec::new("by_role").roles(["hr"]),
        ToolSpec::new("by_policy"),
        ToolSpec::new("off"),
        ToolSpec::new("by_scope").scopes(["files:write"]),
    ];
    let placed = |server: Server, spec| server.tool_fn(spec, |_: Place, _| async { Ok("placed") });
    let server = specs.into_iter().fold(server.policy(policy), placed);
    server.live().enable_tool("off", false);
    server
}

#[tokio::test]
async fn what_is_hidden_has_no_headers_to_differ_from() {
    let seen = |passing: Passing| async { passing.next().await };
    let layered = with_hidden(super::server()).outer(seen);
    for server in [with_hidden(super::server()), layered] {
        let server = Served::start(server, super::bound()).await;
        let ask = |who: &str, tool: &str, headers: Headers<'_>| {
            let message = mcp::call(7, tool, json!({"region": "eu"}));
            let ask = mcp::post(&message).bearer(who);
            headers.iter().fold(ask, |ask, (name, value)| ask.adding(name, value))
        };
        let faults: [Headers<'_>; 4] = [
            &[],
            &[("Mcp-Param-Region", "us")],
            &[("Mcp-Param-Region", "eu"), ("Mcp-Param-Region", "eu")],
            &[("Mcp-Param-Region", "eu"), ("Mcp-Param-Limit", "1")],
        ];
        for headers in faults {
            let unknown = server.send(&ask("ann", "nowhere", headers)).await;
            for hidden in ["by_role", "by_policy", "off"] {
                let reply = server.send(&ask("ann", hidden, headers)).await;
                let told = |reply: &Reply| (reply.status, reply.told(), reply.body.clone());
                assert_eq!(told(&reply), told(&unknown), "{hidden} {headers:?}");
            }
            // Whoever may use it has to know what is wrong; whoever lacks a scope, what is lacking.
            for (who, tool, expected) in [
                ("bob", "by_policy", (400, Some(-32020))),
                ("bob", "by_scope", (400, Some(-32020))),
                ("base", "by_scope", (403, Some(-32000))),
            ] {
                let reply = server.send(&ask(who, tool, headers)).await;
                assert_eq!(reply.outcome(), expected, "{who} {tool} {headers:?}");
            }
        }
    }
}
