//! Questions as events: on one stream, with an id, for whoever comes back.

use super::*;
use crate::legacy::bound;
use crate::support::old::Event;

async fn back(session: &Session, event: &Event) -> Call {
    let ask = session.get().with("Last-Event-ID", event.id.as_deref().expect("an id"));
    Call { stream: Stream::open(session.addr, &ask).await }
}

#[tokio::test]
async fn whoever_comes_back_is_asked_what_is_open() {
    let server = start(bound()).await;
    let session = able(&server, "ann").await;
    let mut call = Call::begin(&session, "form").await;
    let first = within("a beginning", call.stream.event()).await.expect("an event");
    assert!(first.is_priming());
    let asked = within("a question", call.stream.event()).await.expect("an event");
    let id = asked.message.as_ref().expect("a question")["id"].clone();
    drop(call);
    let mut again = back(&session, &first).await;
    assert_eq!(again.question().await.0, id, "the same question, and no other");
    tell(&session, &id, accept("Ann")).await;
    assert_eq!(again.said().await, "Ann for ann");
    // Who has seen the question gets what comes after it.
    let mut rest = back(&session, &asked).await;
    assert_eq!(rest.said().await, "Ann for ann");
}

/// It was answered meanwhile, and nobody read the reply.
#[tokio::test]
async fn an_answer_counts_though_nobody_reads() {
    let server = start(bound()).await;
    let session = able(&server, "ann").await;
    let mut call = Call::begin(&session, "form").await;
    let first = within("a beginning", call.stream.event()).await.expect("an event");
    let (id, _) = call.question().await;
    drop(call);
    tell(&session, &id, accept("Ann")).await;
    let mut again = back(&session, &first).await;
    assert_eq!(again.question().await.0, id);
    assert_eq!(again.said().await, "Ann for ann");
}

/// Each message goes out once: the session's own stream has nothing of it.
#[tokio::test]
async fn the_sessions_own_stream_hears_nothing_of_it() {
    let server = start(bound()).await;
    let session = able(&server, "ann").await;
    let mut own = Stream::open(server.addr, &session.get()).await;
    let mut call = Call::begin(&session, "form").await;
    let (id, _) = call.question().await;
    tell(&session, &id, accept("Ann")).await;
    assert_eq!(call.said().await, "Ann for ann");
    assert_eq!(server.send(&session.delete()).await.status, 204);
    assert_eq!(within("its end", own.message()).await, None);
}
