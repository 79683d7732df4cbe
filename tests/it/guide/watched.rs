//! Changes that are told to whoever watches.

use serde_json::{Value, json};
use toolgate_transport::http;

use super::{live, served, subscriptions};
use crate::support::{
    client::{Ask, within},
    mcp::{call, message, post},
    old::Stream,
    served::Served,
};

fn of_ann(message: &Value) -> Ask {
    post(message).bearer("ann")
}

/// A stream of changes, whose acknowledgement was read.
async fn watch(server: &Served, filter: Value) -> Stream {
    let listen = message(1, "subscriptions/listen", json!({ "notifications": filter }));
    let mut stream = Stream::open(server.addr, &of_ann(&listen)).await;
    let acknowledged = told(&mut stream).await;
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(acknowledged["params"]["notifications"], filter);
    stream
}

async fn told(stream: &mut Stream) -> Value {
    within("a change", stream.message()).await.expect("the stream goes on")
}

async fn tools(server: &Served) -> Vec<String> {
    let reply = server.send(&of_ann(&message(2, "tools/list", json!({})))).await.json();
    let tools = reply["result"]["tools"].as_array().unwrap().clone();
    tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn lists_change_while_they_are_watched() {
    let server = served(live::server(), http::listen()).await;
    let mut stream = watch(&server, json!({ "toolsListChanged": true })).await;
    for (loaded, expected) in [(true, ["plugin", "moon"]), (false, ["sun", "plugin"])] {
        let plugin = call(3, "plugin", json!({ "loaded": loaded }));
        let reply = server.send(&of_ann(&plugin)).await.json();
        assert_ne!(reply["result"]["isError"], true, "{reply}");
        assert_eq!(told(&mut stream).await["method"], "notifications/tools/list_changed");
        assert_eq!(tools(&server).await, expected);
    }
}

#[tokio::test]
async fn a_watched_resource_is_told_of() {
    let server = served(subscriptions::server(), http::listen()).await;
    let heat = async |room: &str, degrees: f64| {
        let heat = call(3, "heat", json!({ "room": room, "degrees": degrees }));
        assert_eq!(server.send(&of_ann(&heat)).await.status, 200);
    };
    heat("kitchen", 17.5).await;
    let uri = "house://kitchen/degrees";
    let mut stream = watch(&server, json!({ "resourceSubscriptions": [uri] })).await;
    heat("cellar", 9.0).await;
    heat("kitchen", 21.5).await;
    let change = told(&mut stream).await;
    assert_eq!(change["method"], "notifications/resources/updated");
    assert_eq!(change["params"]["uri"], uri);
    let read = message(4, "resources/read", json!({ "uri": uri }));
    let read = server.send(&of_ann(&read)).await.json();
    assert_eq!(read["result"]["contents"][0]["text"], "21.5");
}
