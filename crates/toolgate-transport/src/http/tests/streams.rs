//! Documents and streams, and who ends them.

use std::time::Duration;

use http_body::Body as _;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use toolgate_core::Denial;

use super::{sockets::within, *};
use crate::http::Limits;

/// More than a call may take; of paused time.
const PAUSED: Duration = Duration::from_secs(600);

fn note(n: usize) -> Note {
    Note::of("notifications/progress", &json!({ "n": n })).unwrap()
}

/// Sends notes and then ends; both within one poll.
fn noisy(notes: usize, end: Result<Reply, Error>) -> Arc<Double> {
    double(open_card(), move |_, cx| {
        let end = end.clone();
        async move {
            let (cx, out) = cx.streaming();
            let run = async move {
                for n in 0..notes {
                    cx.send(note(n)).await.ok();
                }
                end
            };
            Ok(Running::Open { notes: out, end: Box::pin(run) })
        }
    })
}

fn accepting(accept: &str) -> HttpRequest<Full<Bytes>> {
    let mut request = list();
    request.headers_mut().insert("accept", accept.parse().unwrap());
    request
}

/// The messages of an event stream.
fn messages(text: &str) -> Vec<Value> {
    let events = text.split("\n\n").filter(|event| !event.is_empty() && !event.starts_with(':'));
    let data = |event: &str| event.strip_prefix("event: message\ndata: ").unwrap().to_owned();
    events.map(|event| serde_json::from_str(&data(event)).unwrap()).collect()
}

#[tokio::test]
async fn notes_come_before_the_reply_and_none_is_lost() {
    for count in [1, 16, 100] {
        let got = ask(&built(noisy(count, Ok(Reply::empty()))), list()).await;
        assert_eq!(got.status, 200);
        assert_eq!(got.header("content-type"), "text/event-stream");
        assert_eq!(got.header("x-accel-buffering"), "no");
        assert_eq!(got.header("cache-control"), "no-store");
        let messages = messages(&got.text);
        assert_eq!(messages.len(), count + 1);
        for (n, message) in messages.iter().take(count).enumerate() {
            assert_eq!(message["params"]["n"], n);
        }
        assert_eq!(messages[count]["result"]["resultType"], "complete");
        assert_eq!(messages[count]["id"], 1);
    }
}

#[tokio::test]
async fn what_a_client_accepts_decides_the_form() {
    let rows = [
        ("application/json", 5, "application/json"),
        ("application/json", 0, "application/json"),
        ("*/*", 0, "application/json"),
        ("text/event-stream", 0, "text/event-stream"),
        ("text/event-stream", 3, "text/event-stream"),
    ];
    for (accept, notes, form) in rows {
        let got = ask(&built(noisy(notes, Ok(Reply::empty()))), accepting(accept)).await;
        assert_eq!((got.status, got.header("content-type")), (200, form), "{accept} {notes}");
        if form == "text/event-stream" {
            assert_eq!(messages(&got.text).len(), notes + 1);
        } else {
            assert_eq!(got.json()["result"]["resultType"], "complete");
        }
    }
    let done = ask(&built(echo()), accepting("text/event-stream")).await;
    assert_eq!(messages(&done.text)[0]["result"]["method"], "tools/list");
    let failing = double(open_card(), |_, _| async { Err(Error::invalid_params("x")) });
    let failed = ask(&built(failing), accepting("text/event-stream")).await;
    assert_eq!(messages(&failed.text)[0]["error"]["message"], "x");
}

#[tokio::test]
async fn an_error_is_an_event_once_notes_went_out_and_a_status_before() {
    let error = || Err(Error::invalid_params("x"));
    let got_events = ask(&built(noisy(2, error())), list()).await;
    assert_eq!(messages(&got_events.text)[2]["error"]["message"], "x");
    assert_eq!(got_events.status, 200);
    // Notes that nobody has seen give way to a status that a client needs.
    let unseen = ask(&built(noisy(2, Err(Error::denied(Denial::Forbidden)))), list()).await;
    assert_eq!(unseen.status, 403);
    // More than the channel holds: some are out before the end is known.
    let seen = ask(&built(noisy(40, Err(Error::denied(Denial::Forbidden)))), list()).await;
    assert_eq!((seen.status, messages(&seen.text).len()), (200, 41));
}

#[tokio::test(start_paused = true)]
async fn a_quiet_stream_is_kept_alive_and_ends_in_time() {
    let double = double(open_card(), |_, cx| async move {
        Ok(Running::Open { notes: cx.streaming().1, end: Box::pin(std::future::pending()) })
    });
    let limits =
        Limits::default().keep_alive(Duration::from_secs(15)).call(Duration::from_secs(50));
    let service = mounted(double).limits(limits).build().unwrap();
    let got = ask(&service, list()).await;
    assert_eq!(got.text.matches(": keep-alive\n\n").count(), 3);
    assert_eq!(messages(&got.text)[0]["error"]["message"], "timed out");
}

#[tokio::test(start_paused = true)]
async fn notes_without_end_do_not_keep_a_call_from_ending() {
    let double = double(open_card(), |_, _| async {
        // There is always one more waiting, as if a task beside the call never stopped.
        let (sender, notes) = toolgate_core::Notes::channel(100_000);
        while sender.try_send(toolgate_core::Out::Note(note(0))).is_ok() {}
        Ok(Running::Open { notes, end: Box::pin(std::future::pending()) })
    });
    let service = built(double);
    let got = timeout(PAUSED, ask(&service, accepting("application/json")));
    // Time is paused while anything is to do, so it has to be moved by hand.
    let clock = async {
        loop {
            tokio::time::advance(Duration::from_secs(10)).await;
        }
    };
    let got = tokio::select! { got = got => got.unwrap(), () = clock => unreachable!() };
    assert_eq!(got.json()["error"]["message"], "timed out");
}

#[tokio::test]
async fn a_slow_reader_slows_the_tool() {
    let (sent, mut sends) = mpsc::unbounded_channel();
    let double = double(open_card(), move |_, cx| {
        let sent = sent.clone();
        async move {
            let (cx, out) = cx.streaming();
            let run = async move {
                for n in 0.. {
                    cx.send(note(n)).await.map_err(|_| Error::internal())?;
                    sent.send(n).unwrap();
                }
                Ok(Reply::empty())
            };
            Ok(Running::Open { notes: out, end: Box::pin(run) })
        }
    });
    let mut body = send(&built(double), list()).await.into_body();
    for _ in 0..5 {
        body.frame().await.unwrap().unwrap();
    }
    let mut count = 0;
    while sends.try_recv().is_ok() {
        count += 1;
    }
    assert!(count < 50, "{count} notes for five that were read");
}

struct Alive(#[expect(dead_code, reason = "only its drop is looked at")] oneshot::Sender<()>);

/// Runs until it is dropped, and tells when.
fn endless(notes: usize) -> (Arc<Double>, mpsc::UnboundedReceiver<oneshot::Receiver<()>>) {
    let (started, starts) = mpsc::unbounded_channel();
    let double = double(open_card(), move |_, cx| {
        let started = started.clone();
        async move {
            let (cx, out) = cx.streaming();
            let run = async move {
                let (alive, gone) = oneshot::channel();
                let alive = Alive(alive);
                started.send(gone).unwrap();
                for n in 0..notes {
                    cx.send(note(n)).await.ok();
                }
                std::future::pending::<()>().await;
                drop(alive);
                Ok(Reply::empty())
            };
            Ok(Running::Open { notes: out, end: Box::pin(run) })
        }
    });
    (double, starts)
}

#[tokio::test]
async fn dropping_the_answer_cancels_the_call() {
    let (double, mut starts) = endless(0);
    let service = built(double);
    let waiting = tokio::spawn(async move { send(&service, list()).await });
    let gone = starts.recv().await.unwrap();
    waiting.abort();
    assert!(within(gone).await.is_err());
}

#[tokio::test]
async fn dropping_the_stream_cancels_the_call_and_frees_its_place() {
    let (double, mut starts) = endless(1);
    let service = mounted(double).limits(Limits::default().calls_per_caller(1)).build().unwrap();
    let response = send(&service, list()).await;
    let gone = starts.recv().await.unwrap();
    assert_eq!(send(&service, list()).await.status(), 429);
    drop(response);
    assert!(within(gone).await.is_err());
    assert_eq!(send(&service, list()).await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_nobody_reads_ends_with_its_call() {
    let (double, mut starts) = endless(1);
    let response = send(&built(double), list()).await;
    let gone = starts.recv().await.unwrap();
    // The body is never polled, so nothing but the clock can end it.
    assert!(timeout(PAUSED, gone).await.unwrap().is_err());
    let mut body = response.into_body();
    assert!(body.frame().await.unwrap().is_err());
    assert!(!body.is_end_stream());
}

#[tokio::test]
async fn the_place_of_a_reply_is_free_once_it_was_sent() {
    let limits = Limits::default().calls_per_caller(1);
    let service = mounted(echo()).limits(limits).build().unwrap();
    let first = send(&service, list()).await;
    assert_eq!(send(&service, list()).await.status(), 429);
    drop(first);
    assert_eq!(send(&service, list()).await.status(), 200);
}

#[tokio::test]
async fn releasing_the_connection_means_nothing_in_this_era() {
    let double = double(open_card(), |_, cx| async move {
        let (cx, notes) = cx.streaming();
        let end = async move {
            let release = toolgate_core::Out::ReleaseConnection(Duration::from_secs(1));
            cx.send_out(release).await.ok();
            cx.send(note(7)).await.ok();
            Ok(Reply::empty())
        };
        Ok(Running::Open { notes, end: Box::pin(end) })
    });
    let got = ask(&built(double), list()).await;
    assert_eq!(messages(&got.text).len(), 2);
}
