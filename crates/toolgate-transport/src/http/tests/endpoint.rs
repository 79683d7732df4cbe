//! One request after another, right and wrong.

use std::{convert::Infallible, time::Duration};

use futures::{StreamExt, stream};
use http_body::Frame;
use http_body_util::StreamBody;
use tokio::time::timeout;
use toolgate_core::{Denial, protocol::code};

use super::{sockets::within, *};
use crate::http::{Cors, Limits};

#[tokio::test]
async fn a_right_request_is_answered() {
    let got = ask(&built(echo()), list()).await;
    assert_eq!(got.status, 200);
    assert_eq!(got.header("content-type"), "application/json");
    assert_eq!(got.header("cache-control"), "no-store");
    assert_eq!(got.header("x-content-type-options"), "nosniff");
    assert_eq!(got.json()["result"]["method"], "tools/list");
    assert_eq!(got.json()["id"], 1);
}

#[tokio::test]
async fn heads_that_cannot_be_served_have_their_status() {
    let service = mounted(echo()).limits(Limits::default().header_count(20)).build().unwrap();
    type Change = fn(Builder) -> Builder;
    let rows: &[(u16, Change)] = &[
        (200, |it| it.header("mcp-session-id", "x").header("last-event-id", "y")),
        (200, |it| it.header("origin", "http://localhost")),
        (403, |it| it.header("host", "evil.example")),
        (403, |it| it.header("origin", "http://evil.example")),
        (403, |it| it.header("origin", "null")),
        (405, |it| it.method("GET")),
        (400, |it| it.method("DELETE")),
        (405, |it| it.method("HEAD")),
        (405, |it| it.method("OPTIONS").header("access-control-request-method", "POST")),
        (405, |it| it.method("BREW")),
        (415, |it| it.header("content-type", "text/plain")),
        (415, |it| it.header("content-encoding", "gzip")),
        (406, |it| it.header("accept", "application/json;q=0,text/event-stream;q=0")),
        (431, |it| (0..20).fold(it, |it, n| it.header(format!("x-{n}"), "y"))),
    ];
    for (index, (status, change)) in rows.iter().enumerate() {
        let body = message("tools/list", json!({})).to_string();
        let mut request = change(post("tools/list")).body(full(body)).unwrap();
        if request.headers().get_all("accept").iter().count() > 1 {
            let last = request.headers().get_all("accept").iter().next_back().unwrap().clone();
            request.headers_mut().insert("accept", last);
        }
        let got = ask(&service, request).await;
        assert_eq!(got.status, *status, "{index}: {}", got.text);
        assert!(!got.headers.contains_key("mcp-session-id"));
        assert!(!got.headers.contains_key("access-control-allow-origin"));
        if *status != 200 {
            assert_eq!(got.json()["error"]["code"], code::REFUSED);
        }
        if *status == 405 {
            assert_eq!(got.header("allow"), "POST, GET, DELETE");
        }
        if matches!(status, 405 | 406 | 415) {
            assert_eq!(got.json()["id"], 1, "a small body is read for its id");
        }
        if *status == 403 {
            assert!(got.json().get("id").is_none(), "a stranger's page is told none");
        }
    }
}

#[tokio::test]
async fn messages_are_judged_in_the_order_of_the_specification() {
    let service = built(echo());
    let meta = |version: &str| {
        json!({
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientCapabilities": {},
        })
    };
    let request = |params: Value| {
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params }).to_string()
    };
    let rows: Vec<(String, &str, &str, u16, i32)> = vec![
        ("{".into(), MODERN, "tools/list", 400, code::PARSE_ERROR),
        ("[]".into(), MODERN, "tools/list", 400, code::INVALID_REQUEST),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#.into(), MODERN, "", 400, code::INVALID_REQUEST),
        (request(json!({})), MODERN, "tools/list", 400, code::INVALID_PARAMS),
        (request(json!([])), MODERN, "tools/list", 400, code::INVALID_PARAMS),
        (request(json!({ "_meta": meta("v9") })), MODERN, "tools/list", 400, code::HEADER_MISMATCH),
        (
            request(json!({ "_meta": meta("v9") })),
            "v9",
            "tools/list",
            400,
            code::UNSUPPORTED_VERSION,
        ),
        (request(json!({ "_meta": meta("v9") })), "v9", "TOOLS/LIST", 400, code::HEADER_MISMATCH),
    ];
    for (body, version, method, status, code) in rows {
        let mut request = post(method).body(full(body.clone())).unwrap();
        request.headers_mut().insert("mcp-protocol-version", version.parse().unwrap());
        let got = ask(&service, request).await;
        assert_eq!((got.status, &got.json()["error"]["code"]), (status, &json!(code)), "{body}");
    }
    let deep = format!(r#"{{"jsonrpc":"2.0","id":1,"params":{}"#, "[".repeat(100_000));
    let deep = ask(&service, post("x").body(full(deep)).unwrap()).await;
    assert_eq!((deep.status, &deep.json()["error"]["code"]), (400, &json!(code::INVALID_REQUEST)));
}

#[tokio::test]
async fn notifications_are_taken_with_202_and_nothing_else() {
    let double = echo();
    let service = built(double.clone());
    let send = async |method: &str, headers: &[(&str, &str)]| {
        let request = HttpRequest::post("/mcp").header("host", "localhost");
        let mut request = request.header("mcp-protocol-version", "2026-07-28");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.header("content-type", "application/json");
        let body = json!({ "jsonrpc": "2.0", "method": method }).to_string();
        ask(&service, request.body(full(body)).unwrap()).await
    };
    let taken = send("notifications/x", &[]).await;
    assert_eq!((taken.status, taken.text.as_str()), (202, ""));
    assert_eq!(*double.notes.lock().unwrap(), ["notifications/x"]);
    let contradicting = send("notifications/x", &[("mcp-method", "tools/call")]).await;
    assert_eq!(contradicting.status, 400);
    assert!(contradicting.json().get("id").is_none());
    assert_eq!(send("notifications/panic", &[]).await.status, 500);
    assert_eq!(double.notes.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn errors_of_the_service_have_their_status() {
    let rows = [
        (Error::method_not_found(), 404),
        (Error::invalid_params("x"), 200),
        (Error::internal(), 200),
        (Error::missing_capability(&toolgate_core::protocol::Json::object()), 400),
        (Error::denied(Denial::Scopes(["files:write"].into())), 403),
        (Error::denied(Denial::Forbidden), 403),
        (Error::denied(Denial::Unauthenticated), 401),
        (
            Error::denied(Denial::StepUp {
                max_age: None,
                acr: None,
                scopes: toolgate_core::Scopes::none(),
            }),
            401,
        ),
        (Error::denied(Denial::Busy(Duration::from_secs(3))), 429),
    ];
    for (error, status) in rows {
        for late in [false, true] {
            let thrown = error.clone();
            let double = double(open_card(), move |_, cx| {
                let thrown = thrown.clone();
                async move {
                    if !late {
                        return Err(thrown);
                    }
                    let (_, notes) = cx.streaming();
                    Ok(Running::Open { notes, end: Box::pin(async { Err(thrown) }) })
                }
            });
            let got = ask(&built(double), list()).await;
            assert_eq!(got.status, status, "{error} {late}");
            assert_eq!(got.json()["error"]["code"], error.code());
            assert_eq!(got.json()["id"], 1);
            assert_eq!(got.json()["error"].get("data").is_some(), error.data().is_some());
            assert_eq!(got.header("retry-after"), if status == 429 { "3" } else { "" });
        }
    }
}

#[tokio::test]
async fn a_panic_is_masked_and_is_this_callers_alone() {
    for late in [false, true] {
        let double = double(open_card(), move |request, cx| async move {
            if request.method == "tools/list" {
                assert!(late, "s3cr3t");
                let end = Box::pin(async { panic!("s3cr3t") });
                return Ok(Running::Open { notes: cx.streaming().1, end });
            }
            Ok(Running::Done(Reply::empty()))
        });
        let service = built(double);
        let first = ask(&service, list()).await;
        assert_eq!(first.status, 500);
        let message = first.json()["error"]["message"].as_str().unwrap().to_owned();
        let id = message.strip_prefix("internal error ").unwrap();
        assert!(id.len() >= 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let body = message_of("server/discover");
        let second = ask(&service, post("server/discover").body(full(body)).unwrap()).await;
        assert_eq!(second.status, 200);
    }
}

fn message_of(method: &str) -> String {
    message(method, json!({})).to_string()
}

#[tokio::test(start_paused = true)]
async fn bodies_are_bounded_in_bytes_and_time() {
    let limits = Limits::default().body(1000).body_timeout(Duration::from_secs(30));
    let service = mounted(echo()).limits(limits).build().unwrap();
    let large = post("tools/list").body(full(vec![b' '; 1001])).unwrap();
    let large = ask(&service, large).await;
    assert_eq!(large.status, 413);
    assert!(large.json().get("id").is_none());
    let data = |_| Ok::<_, Infallible>(Frame::data(Bytes::from(vec![b' '; 100])));
    let streamed = StreamBody::new(stream::iter(0..11).map(data));
    let streamed = ask(&service, post("tools/list").body(streamed).unwrap()).await;
    assert_eq!((streamed.status, streamed.header("connection")), (413, "close"));
    let slow = StreamBody::new(stream::iter(0..3).map(data).chain(stream::pending()));
    let slow =
        timeout(Duration::from_secs(60), ask(&service, post("tools/list").body(slow).unwrap()));
    assert_eq!(slow.await.expect("it ends").status, 408);
}

#[tokio::test]
async fn a_body_that_waits_for_leave_is_not_asked_for() {
    let service = mounted(echo()).auth(Tokens::default()).build().unwrap();
    for length in ["100", "9999999"] {
        let asked = Arc::new(Mutex::new(false));
        let body = StreamBody::new(stream::poll_fn({
            let asked = asked.clone();
            move |_| {
                *asked.lock().unwrap() = true;
                std::task::Poll::<Option<Result<Frame<Bytes>, Infallible>>>::Pending
            }
        }));
        let request = post("tools/list").header("expect", "100-continue");
        let request = request.header("content-length", length).body(body).unwrap();
        assert_eq!(ask(&service, request).await.status, 401);
        tokio::task::yield_now().await;
        assert!(!*asked.lock().unwrap(), "hyper would give leave");
    }
}

#[tokio::test(start_paused = true)]
async fn one_caller_has_no_more_calls_than_allowed() {
    let (started, mut starts) = tokio::sync::mpsc::channel(9);
    let double = double(open_card(), move |_, cx| {
        let started = started.clone();
        async move {
            let end = Box::pin(async move {
                started.send(()).await.unwrap();
                std::future::pending().await
            });
            Ok(Running::Open { notes: cx.streaming().1, end })
        }
    });
    let limits = Limits::default().calls_per_caller(1);
    let service = mounted(double).auth(Tokens::default()).limits(limits).build().unwrap();
    let by = |name: &str| {
        let mut request = list();
        let value = format!("Bearer {name}").parse().unwrap();
        request.headers_mut().insert("authorization", value);
        request
    };
    let first = tokio::spawn({
        let (service, request) = (service.clone(), by("ada"));
        async move { send(&service, request).await }
    });
    within(starts.recv()).await.unwrap();
    let second = within(ask(&service, by("ada"))).await;
    assert_eq!((second.status, second.header("retry-after")), (429, "1"));
    assert_eq!(second.json()["id"], 1);
    let other = tokio::spawn({
        let (service, request) = (service.clone(), by("bob"));
        async move { send(&service, request).await }
    });
    within(starts.recv()).await.unwrap();
    other.abort();
    first.abort();
    assert!(first.await.is_err());
    let again = tokio::spawn(async move { send(&service, by("ada")).await });
    within(starts.recv()).await.expect("room again");
    again.abort();
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_too_long_ends() {
    let double = double(open_card(), |_, cx| async move {
        assert!(cx.deadline().is_some());
        Ok(Running::Open { notes: cx.streaming().1, end: Box::pin(std::future::pending()) })
    });
    let mut request = list();
    request.headers_mut().insert("accept", "application/json".parse().unwrap());
    let got = ask(&built(double), request).await;
    assert_eq!((got.status, &got.json()["error"]["message"]), (200, &json!("timed out")));
    assert_eq!(got.json()["error"]["code"], code::INTERNAL_ERROR);
}

#[tokio::test]
async fn allowed_pages_see_every_answer_and_others_none() {
    let cors = Cors::origins(["https://app.example"]);
    let service = mounted(echo()).auth(Tokens::default()).cors(cors).build().unwrap();
    let from = |origin: &str| {
        let mut request = list();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        request
    };
    let refused = ask(&service, from("https://app.example")).await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("access-control-allow-origin"), "https://app.example");
    assert!(refused.header("access-control-expose-headers").contains("WWW-Authenticate"));
    assert!(!refused.headers.contains_key("access-control-allow-credentials"));
    assert_eq!(refused.header("vary"), "Origin");
    let foreign = ask(&service, from("https://evil.example")).await;
    assert_eq!((foreign.status, foreign.header("vary")), (403, "Origin"));
    assert!(!foreign.headers.contains_key("access-control-allow-origin"));
    let preflight = |origin: &str| {
        HttpRequest::options("/mcp")
            .header("host", "localhost")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,mcp-param-region,x-other")
            .body(full(""))
            .unwrap()
    };
    let may = ask(&service, preflight("https://app.example")).await;
    assert_eq!(may.status, 204, "without a token");
    assert_eq!(may.header("access-control-allow-methods"), "POST, GET, DELETE, OPTIONS");
    assert!(may.header("access-control-allow-headers").ends_with("mcp-param-region"));
    assert!(!may.header("access-control-allow-headers").contains("x-other"));
    assert_eq!(may.header("access-control-max-age"), "600");
    assert_eq!(ask(&service, preflight("https://evil.example")).await.status, 403);
    assert_eq!(
        ask(&service, preflight("http://localhost")).await.status,
        401,
        "ours, no preflight"
    );
}
