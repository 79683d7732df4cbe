//! Questions on the one stream, answered at the address that it told.

use serde_json::{Value, json};
use toolgate_transport::http::Limits;

use super::{both, calling, text};
use crate::legacy::asks::{accept, all, forgotten, roots, server};
use crate::support::{
    client::within,
    line::Line,
    old::{self, LATEST, REVISIONS},
    served::Served,
};

async fn able(server: &Served, token: &str) -> Line {
    Line::able(server.addr, token, LATEST, all()).await
}

/// Calls, and the id of its question.
async fn asked(line: &mut Line, tool: &str) -> Value {
    line.tell(&calling(tool)).await;
    let question = line.next().await;
    assert!(question["method"].is_string(), "{question}");
    question["id"].clone()
}

#[tokio::test]
async fn a_question_goes_out_on_the_stream_and_its_answer_comes_by_post() {
    let server = Served::start(server(), both()).await;
    let mut line = able(&server, "ann").await;
    let id = asked(&mut line, "form").await;
    line.tell(&old::answer(&id, accept("Ann"))).await;
    assert_eq!(text(&line.next().await), "Ann for ann");
    // The first revision knows roots, and no forms.
    let mut line = Line::able(server.addr, "ann", REVISIONS[0], all()).await;
    let id = asked(&mut line, "folders").await;
    line.tell(&old::answer(&id, roots(1))).await;
    assert_eq!(text(&line.next().await), "file:///0");
    assert_eq!(line.ask(&calling("form")).await["error"]["code"], -32602);
    let mut plain = Line::begin(server.addr, "ann", LATEST).await;
    assert_eq!(plain.ask(&calling("folders")).await["error"]["code"], -32602);
}

#[tokio::test]
async fn nobody_else_answers() {
    let server = Served::start(server(), both()).await;
    let mut line = able(&server, "ann").await;
    let id = asked(&mut line, "form").await;
    let wrong = old::answer(&id, accept("Mallory"));
    let other = able(&server, "ann").await;
    other.tell(&wrong).await;
    able(&server, "mallory").await.tell(&wrong).await;
    let stolen = line.post(&wrong).bearer("mallory").send(server.addr).await;
    assert_eq!(stolen.outcome(), (404, Some(-32001)));
    line.tell(&old::answer(&id, accept("Ann"))).await;
    assert_eq!(text(&line.next().await), "Ann for ann");
}

#[tokio::test]
async fn a_cancelled_call_takes_its_question_back_and_a_line_that_ends_all_of_them() {
    let server =
        Served::start(server(), both().limits(Limits::default().streams_per_caller(2))).await;
    let mut line = able(&server, "ann").await;
    let id = asked(&mut line, "form").await;
    line.tell(&old::cancel(7)).await;
    assert_eq!(forgotten(&line.next().await), id);
    // A line and a call that waits are two streams: no third, until the line has ended.
    asked(&mut line, "form").await;
    let full = crate::support::line::get("ann");
    assert_eq!(crate::support::line::status(server.addr, &full).await, 429);
    drop(line);
    within("room", async {
        while crate::support::line::status(server.addr, &full).await == 429 {}
    })
    .await;
    let mut line = within("room", async { able(&server, "ann").await }).await;
    let refused = line.post(&calling("echo")).send(server.addr).await;
    assert_eq!(refused.status, 202);
    assert_eq!(line.next().await["id"], json!(7));
}
