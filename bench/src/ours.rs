//! Ours: the same job the way the README says.

use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, StatusCode, service::Service};
use tokio::sync::oneshot;
use toolgate::{
    Authenticate, Credentials, Identity, Key, Verdict,
    auth::{Fetch, FetchError, bearer},
    core::{BoxFuture, legacy::MemorySessions},
    http::{Http, Listen, McpService},
    prelude::*,
};

use crate::{
    case::{Access, MEMORY, Subject},
    exchange::RESOURCE,
    issuer::Issuer,
};

/// Add two numbers.
#[derive(Tool)]
pub(crate) struct Add {
    a: i64,
    b: i64,
}

impl Run for Add {
    type Output = i64;

    async fn run(self, _: &(), _: &Context) -> Result<i64> {
        self.a.checked_add(self.b).ok_or_else(|| ToolError::shown("the sum is too large"))
    }
}

/// The service of a server alone.
pub(crate) fn in_process(
    server: Server,
    auth: Arc<dyn Authenticate>,
    sessions: MemorySessions,
) -> crate::Result<McpService> {
    Ok(http::service(server).auth(auth).public_url(RESOURCE).sessions(sessions).build()?)
}

/// The service alone, which takes a token for its bearer's name.
pub(crate) fn by_name(sessions: MemorySessions) -> crate::Result<McpService> {
    Ok(http::service(server()).auth(names()).public_url(RESOURCE).sessions(sessions).build()?)
}

/// A listener that does so.
pub(crate) fn listener(sessions: MemorySessions) -> Http<Listen> {
    http::bind("127.0.0.1:0").auth(names()).sessions(sessions)
}

fn names() -> impl Authenticate {
    auth_fn(|credentials: Credentials| async move {
        let name = bearer(&credentials)?;
        let key = Key::new("https://login.example/realms/everybody", name.expose());
        Ok::<_, Verdict>(Identity::new(key.client("https://editor.example/client.json")))
    })
}

/// Serves on a free port as long as the runtime runs.
pub(crate) async fn listen(access: Access, issuer: &Issuer) -> crate::Result<SocketAddr> {
    let auth = authenticator(access, issuer, MEMORY)?;
    let (tell, told) = oneshot::channel();
    let http = http::bind("127.0.0.1:0").auth(auth).public_url(RESOURCE).on_listen(move |at| {
        let _ = tell.send(at.addr);
    });
    tokio::spawn(server().serve(http));
    Ok(told.await?)
}

pub(crate) fn server() -> Server {
    Server::new("bench", "1.0.0").tool::<Add>()
}

/// What looks at tokens, and remembers so many.
pub(crate) fn authenticator(
    access: Access,
    issuer: &Issuer,
    memory: usize,
) -> crate::Result<Arc<dyn Authenticate>> {
    Ok(match access {
        Access::Anybody => {
            Arc::new(auth_fn(|_| async { Identity::new(Key::new("bench", "anybody")) }))
        }
        Access::Token => {
            let keys = Published(Bytes::from(issuer.keys.clone()));
            let uri = format!("{}/keys", issuer.name);
            Arc::new(jwt(&*issuer.name).jwks_uri(uri).fetch(keys).memory(memory).build()?)
        }
    })
}

/// The issuer's keys without a network, which would be none of what is measured.
struct Published(Bytes);

impl Fetch for Published {
    fn fetch(
        &self,
        _: Request<Bytes>,
    ) -> BoxFuture<'_, std::result::Result<Response<Bytes>, FetchError>> {
        Box::pin(async { Ok(Response::new(self.0.clone())) })
    }
}

impl Subject for McpService {
    fn answer(
        &self,
        request: Request<Full<Bytes>>,
    ) -> BoxFuture<'_, crate::Result<(StatusCode, Bytes)>> {
        Box::pin(async move {
            let (head, body) = self.call(request).await?.into_parts();
            Ok((head.status, body.collect().await?.to_bytes()))
        })
    }
}
