//! Lists and results as each revision has them.

use serde_json::{Value, json};

use super::{calling, start};
use crate::support::{
    mcp,
    old::{self, REVISIONS, Session},
    served::Served,
};

/// The tool that says all there is to say of one, as a revision's client sees it.
fn weather(listed: &Value) -> Value {
    let tools = listed["result"]["tools"].as_array().expect("tools").iter();
    tools.clone().find(|tool| tool["name"] == "weather").expect("it is there").clone()
}

async fn sessions(server: &Served) -> Vec<Session> {
    let mut sessions = Vec::new();
    for revision in REVISIONS {
        sessions.push(Session::begin(server.addr, "ann", revision).await);
    }
    sessions
}

#[tokio::test]
async fn a_list_says_no_more_than_its_revision_knows() {
    let server = start().await;
    let list = old::message(7, "tools/list", json!({}));
    let modern = mcp::post(&mcp::message(7, "tools/list", json!({}))).bearer("ann");
    let full = weather(&server.send(&modern).await.json());
    for member in ["title", "description", "inputSchema", "outputSchema", "annotations"] {
        assert!(!full[member].is_null(), "{full}");
    }
    let lacks: [&[&str]; 4] =
        [&["title", "outputSchema", "annotations"], &["title", "outputSchema"], &[], &[]];
    let sessions = sessions(&server).await;
    // Twice, in turns: what is kept for one revision is not another's.
    for _ in 0..2 {
        for (session, lacks) in sessions.iter().zip(lacks) {
            let mut expected = full.clone();
            for member in lacks {
                expected.as_object_mut().expect("an object").remove(*member);
            }
            assert_eq!(weather(&session.send(&list).await.json()), expected);
        }
        assert_eq!(weather(&server.send(&modern).await.json()), full);
    }
}

/// What is kept of a lowered list is kept for those who may see the same.
#[tokio::test]
async fn a_lowered_list_is_still_each_caller_s_own() {
    let server = start().await;
    let list = old::message(7, "tools/list", json!({}));
    let session = Session::begin(server.addr, "ann", "2025-03-26").await;
    for _ in 0..2 {
        for (token, sees) in [("ann", true), ("ann.low", false)] {
            let listed = session.with_token(token).send(&list).await.json();
            let tools = listed["result"]["tools"].as_array().expect("tools");
            assert_eq!(tools.iter().any(|tool| tool["name"] == "write"), sees, "{token}");
        }
    }
}

#[tokio::test]
async fn a_result_has_no_data_where_a_revision_has_none() {
    let server = start().await;
    for (session, data) in sessions(&server).await.iter().zip([false, false, true, true]) {
        let result = session.send(&calling("weather")).await.json()["result"].clone();
        assert_eq!(result["content"], json!([{"type": "text", "text": r#"{"degrees":7}"#}]));
        let expected = if data { json!({"degrees": 7}) } else { Value::Null };
        assert_eq!(result["structuredContent"], expected);
    }
}

#[tokio::test]
async fn a_result_says_in_words_what_a_revision_has_no_form_for() {
    let server = start().await;
    for (session, heard) in sessions(&server).await.iter().zip([false, true, true, true]) {
        let result = session.send(&calling("sound")).await.json()["result"].clone();
        let sound = match heard {
            true => json!({"type": "audio", "data": "AAAA", "mimeType": "audio/wav"}),
            false => json!({"type": "text", "text": "[audio]"}),
        };
        assert_eq!(result["content"], json!([{"type": "text", "text": "listen"}, sound]));
    }
}

#[tokio::test]
async fn without_sessions_the_header_decides() {
    let server = Served::start(super::server(), super::bound().stateless()).await;
    let list = old::message(7, "tools/list", json!({}));
    for (revision, titled) in REVISIONS.into_iter().zip([false, false, true, true]) {
        let ask = super::of_ann(&list).with("MCP-Protocol-Version", revision);
        let tool = weather(&server.send(&ask).await.json());
        assert_eq!(tool.get("title").is_some(), titled, "{revision}");
    }
}
