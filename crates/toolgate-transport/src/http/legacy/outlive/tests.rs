//! Who comes back to a call whose reader is slow.

use std::time::Duration;

use tokio::time::Instant;
use toolgate_core::{
    Caller,
    legacy::{EventId, MemoryEvents, Owner, SessionId, StreamId},
};

use super::*;

/// A call whose stream is open, and its reader, who has taken nothing yet and has room for one.
async fn flow() -> (Flow, mpsc::Receiver<Bytes>) {
    let key = SessionKey::new(SessionId::random().unwrap(), Owner::of(&Caller::Open));
    let (of, keep, readers) =
        (Arc::new(key), Keep::new(Arc::new(MemoryEvents::new())), Readers::default());
    let stream = keep.open(&of, StreamKind::Reply).await.unwrap();
    let open = Some(readers.enter(stream, of.clone()));
    let (reader, events) = mpsc::channel(1);
    let call = Lasting { of, revision: Revision::November2025, keep, readers };
    let span = Span::Until(Instant::now() + Duration::from_secs(60));
    (Flow { call, reader: Some(reader), open, span }, events)
}

#[tokio::test]
async fn who_comes_back_in_vain_takes_nothing_from_a_slow_reader() {
    for has_left in [true, false] {
        let (mut flow, mut events) = flow().await;
        flow.tell(&Bytes::from("1")).await;
        let stream = flow.open.as_ref().unwrap().stream;
        let door = flow.call.readers.door(&flow.call.of, stream).unwrap();
        let unknown = StreamId::random().unwrap();
        let after = EventId::new(if has_left { stream } else { unknown }, 1);
        let ((reader, _), (missed, told)) = (mpsc::channel(1), oneshot::channel());
        let told = (!has_left).then_some(told);
        let telling = tokio::spawn(async move { flow.tell(&Bytes::from("2")).await });
        door.send(Return { after, reader, missed }).await.unwrap();
        // Once there is room for the next, this one has been looked at.
        let _ = door.reserve().await;
        if let Some(told) = told {
            assert_eq!(told.await.unwrap(), None);
        }
        for told in ["data: 1", "data: 2"] {
            let event = events.recv().await.expect("each event");
            let event = String::from_utf8(event.to_vec()).unwrap();
            assert!(event.contains(told), "{has_left}: {event}");
        }
        assert!(telling.await.unwrap());
    }
}
