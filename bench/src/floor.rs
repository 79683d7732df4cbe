//! The floor: the same job by hand, on bare hyper and josekit, without anything that nobody asked
//! for.

use std::{convert::Infallible, error::Error, sync::Arc, time::SystemTime};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Request, Response, StatusCode,
    body::Body,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use josekit::{
    jwk::JwkSet,
    jws::{RS256, alg::rsassa::RsassaJwsVerifier},
    jwt,
};
use serde::Deserialize;
use tokio::net::TcpListener;
use toolgate::core::BoxFuture;

use crate::{
    Result,
    case::{Access, Subject},
    exchange::RESOURCE,
    issuer::Issuer,
};

/// Largest body, in bytes: ours has the same bound.
const LIMIT: usize = 4 * 1024 * 1024;

/// The server by hand.
#[derive(Clone)]
pub(crate) struct Floor(Option<Arc<Door>>);

struct Door {
    verifier: RsassaJwsVerifier,
    issuer: String,
}

#[derive(Deserialize)]
struct Message<'a> {
    jsonrpc: &'a str,
    id: i64,
    method: &'a str,
    #[serde(borrow)]
    params: Params<'a>,
}

#[derive(Deserialize)]
struct Params<'a> {
    name: &'a str,
    arguments: Add,
}

#[derive(Deserialize)]
struct Add {
    a: i64,
    b: i64,
}

impl Floor {
    pub(crate) fn new(access: Access, issuer: &Issuer) -> Result<Self> {
        match access {
            Access::Anybody => Ok(Self(None)),
            Access::Token => Ok(Self(Some(Arc::new(Door::new(issuer)?)))),
        }
    }

    /// Serves as long as the runtime runs.
    pub(crate) async fn serve(self, listener: TcpListener) -> Result {
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let floor = self.clone();
            let service = service_fn(move |request| {
                let floor = floor.clone();
                async move { Ok::<_, Infallible>(floor.respond(request).await) }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    }

    async fn respond<B>(&self, request: Request<B>) -> Response<Full<Bytes>>
    where
        B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>>,
    {
        let answer = self.answer_to(request).await;
        let (status, body) = match answer {
            Ok(body) => (StatusCode::OK, body),
            Err(status) => (status, String::new()),
        };
        let mut response = Response::new(Full::new(Bytes::from(body)));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }

    async fn answer_to<B>(&self, request: Request<B>) -> std::result::Result<String, StatusCode>
    where
        B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>>,
    {
        let (head, body) = request.into_parts();
        if self.0.as_ref().is_some_and(|door| !door.opens_for(&head.headers)) {
            return Err(StatusCode::UNAUTHORIZED);
        }
        let body = Limited::new(body, LIMIT).collect().await;
        let body = body.map_err(|_| StatusCode::BAD_REQUEST)?.to_bytes();
        call(&body).ok_or(StatusCode::BAD_REQUEST)
    }
}

/// The result of a call; none for anything else.
fn call(body: &[u8]) -> Option<String> {
    let Message { jsonrpc, id, method, params } = serde_json::from_slice(body).ok()?;
    if (jsonrpc, method, params.name) != ("2.0", "tools/call", "add") {
        return None;
    }
    let sum = params.arguments.a.checked_add(params.arguments.b)?;
    Some(format!(
        concat!(
            r#"{{"jsonrpc":"2.0","id":{id},"result":{{"resultType":"complete","#,
            r#""content":[{{"type":"text","text":"{sum}"}}],"structuredContent":{{"result":{sum}}},"#,
            r#""_meta":{{"io.modelcontextprotocol/serverInfo":{{"name":"bench","version":"1.0.0"}}}}}}}}"#,
        ),
        id = id,
        sum = sum,
    ))
}

impl Door {
    fn new(issuer: &Issuer) -> Result<Self> {
        let keys = JwkSet::from_bytes(&issuer.keys)?;
        let keys = keys.keys();
        let key = keys.iter().find(|key| key.algorithm() == Some("RS256"));
        let verifier = RS256.verifier_from_jwk(key.ok_or("no key for RS256")?)?;
        Ok(Self { verifier, issuer: issuer.name.clone() })
    }

    fn opens_for(&self, headers: &HeaderMap) -> bool {
        let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(token) = token.and_then(|value| value.strip_prefix("Bearer ")) else {
            return false;
        };
        let Ok((claims, _)) = jwt::decode_with_verifier(token, &self.verifier) else {
            return false;
        };
        claims.issuer() == Some(&self.issuer)
            && claims.audience().is_some_and(|audience| audience.contains(&RESOURCE))
            && claims.expires_at().is_some_and(|end| SystemTime::now() < end)
    }
}

impl Subject for Floor {
    fn answer(&self, request: Request<Full<Bytes>>) -> BoxFuture<'_, Result<(StatusCode, Bytes)>> {
        Box::pin(async move {
            let (head, body) = self.respond(request).await.into_parts();
            Ok((head.status, body.collect().await?.to_bytes()))
        })
    }
}
