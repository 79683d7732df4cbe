//! What a call that may ask its client counts for, to its last byte.

use http::HeaderValue;
use tokio::task::yield_now;

use super::{sockets::within, *};
use crate::{http::Limits, kept::minted};

pub(super) const LATEST: &str = "2025-11-25";

/// A tool that is not done at once, and asks nothing.
fn slow() -> Arc<Double> {
    double(open_card(), |request, cx| async move {
        let reply = Reply::of(&json!({ "supportedVersions": [], "capabilities": {} }))?;
        if request.method != "tools/call" {
            return Ok(Running::Done(reply));
        }
        let end = async move {
            yield_now().await;
            Ok(reply)
        };
        Ok(Running::Open { notes: cx.streaming().1, end: Box::pin(end) })
    })
}

fn service() -> McpService {
    let limits = Limits::default().calls_per_caller(1);
    mounted(slow()).sse("/sse").limits(limits).build().unwrap()
}

pub(super) fn to(path: &str, message: &Value) -> HttpRequest<Full<Bytes>> {
    let request = HttpRequest::post(path)
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    request.body(full(message.to_string())).unwrap()
}

/// A handshake of a client that can be asked.
pub(super) fn handshake(revision: &str) -> Value {
    let params = json!({
        "protocolVersion": revision,
        "capabilities": { "roots": {} },
        "clientInfo": { "name": "client", "version": "1" },
    });
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params })
}

fn call(id: usize) -> Value {
    calling(id, "slow")
}

pub(super) fn calling(id: usize, tool: &str) -> Value {
    let params = json!({ "name": tool, "arguments": {} });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
}

pub(super) async fn session(service: &McpService, revision: &str) -> HeaderValue {
    let response = send(service, to("/mcp", &handshake(revision))).await;
    let session = response.headers()["mcp-session-id"].clone();
    minted(session.to_str().unwrap());
    session
}

#[tokio::test]
async fn a_reply_that_nobody_reads_keeps_its_place() {
    let service = service();
    let session = session(&service, LATEST).await;
    let call = |id| {
        let mut request = to("/mcp", &call(id));
        request.headers_mut().insert("mcp-session-id", session.clone());
        send(&service, request)
    };
    let unread = call(1).await;
    assert_eq!(unread.status(), 200);
    assert_eq!(call(2).await.status(), 429);
    drop(unread);
    assert_eq!(call(3).await.status(), 200);
}

/// A line has room for some messages; what waits for room still runs.
#[tokio::test]
async fn a_reply_that_waits_for_its_line_keeps_its_place() {
    let service = service();
    let open = HttpRequest::get("/sse").header("host", "localhost");
    let open = open.header("accept", "text/event-stream").body(full("")).unwrap();
    let mut line = send(&service.app(), open).await.into_body();
    let first = within(line.frame()).await.unwrap().unwrap().into_data().unwrap();
    let first = String::from_utf8(first.to_vec()).unwrap();
    let query = first.trim_end().strip_prefix("event: endpoint\ndata: ").unwrap();
    let target = &format!("/sse{query}");
    let post = async |message: &Value| {
        for _ in 0..100 {
            let status = send(&service.app(), to(target, message)).await.status();
            if status != 429 {
                return status == 202;
            }
            yield_now().await;
        }
        false
    };
    assert!(post(&handshake(LATEST)).await);
    let mut taken = 0;
    while taken < 40 && post(&call(taken + 1)).await {
        taken += 1;
    }
    assert!((1..40).contains(&taken), "{taken}");
    within(line.frame()).await.unwrap().unwrap();
    assert!(post(&call(99)).await, "one has found room");
}
