//! No sessions for clients of the revisions before 2026-07-28 either: any replica may answer any
//! request.

use toolgate::{
    http::{Http, Listen},
    prelude::*,
};

/// Tell who asks.
#[derive(Tool)]
#[tool(read_only)]
struct Whoami {}

impl Run for Whoami {
    type Output = String;

    /// What is kept for somebody goes by the key in their identity, and not by a session.
    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        Ok(cx.identity()?.key.subject.to_string())
    }
}

/// `TOOLGATE_STATELESS=true` says the same.
pub(crate) fn http() -> Http<Listen> {
    http::listen().stateless()
}

pub(crate) fn server() -> Server {
    Server::new("stateless", "1.0.0").tool::<Whoami>()
}
