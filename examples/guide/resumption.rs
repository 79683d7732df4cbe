//! Clients of the revisions before 2026-07-28 that lost their connection come back for what they
//! missed: where its events are kept, and for how long.

use std::time::Duration;

use toolgate::{
    core::{Out, legacy::MemoryEvents},
    http::{Http, Listen},
    prelude::*,
};

/// Bake bread, which takes longer than connections last.
#[derive(Tool)]
struct Bake {}

impl Run for Bake {
    type Output = &'static str;

    async fn run(self, _: &(), cx: &Context) -> Result<&'static str> {
        // Closes the connection. The client comes back after this time, with `Last-Event-ID`; of
        // clients that cannot come back nothing is closed.
        cx.send_out(Out::ReleaseConnection(Duration::from_secs(1))).await?;
        Ok("bread")
    }
}

/// In the memory of this process; behind a balancer, an `EventStore` of your own. With
/// `Http::no_events` a client that goes away cancels its call.
pub(crate) fn http() -> Http<Listen> {
    let events = MemoryEvents::new()
        .events(500)
        .bytes(256 << 10)
        .all(64 << 20)
        .idle(Duration::from_secs(10 * 60));
    http::listen().events(events)
}

pub(crate) fn server() -> Server {
    Server::new("resumption", "1.0.0").tool::<Bake>()
}
