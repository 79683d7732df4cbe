//! Asking for the folders that a client shows. Deprecated in 2026-07-28: take paths as arguments.

use toolgate::prelude::*;

/// Tell which folders the client has open.
#[derive(Tool)]
#[tool(read_only)]
struct Folders {}

impl Run for Folders {
    type Output = Json<Vec<String>>;

    async fn run(self, _: &(), cx: &Context) -> Result<Json<Vec<String>>> {
        if !cx.has_roots() {
            return Ok(Json(Vec::new()));
        }
        // The client's word. It says what somebody wants, and nothing of what they may.
        let roots = cx.roots("folders").await?;
        Ok(Json(roots.into_iter().map(|root| root.name.unwrap_or(root.uri)).collect()))
    }
}

pub(crate) fn server() -> Server {
    Server::new("roots", "1.0.0").tool::<Folders>()
}
