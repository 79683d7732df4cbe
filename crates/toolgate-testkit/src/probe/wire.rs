//! Requests over the network: HTTP and HTTPS, bounded in time and size.

use std::{error::Error, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio::time::timeout;

use super::{
    exchange::{Ask, Reply},
    walk::Wire,
};

/// How long one answer may take, connecting included.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most that is read of a body, in bytes.
const MOST: usize = 512 * 1024;

/// A client that follows no redirects and keeps no connections.
#[derive(Clone, Debug)]
pub(super) struct Network(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl Network {
    pub(super) fn new() -> Result<Self, rustls::Error> {
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots())
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(config)
            .https_or_http()
            .enable_all_versions()
            .build();
        let mut client = Client::builder(TokioExecutor::new());
        Ok(Self(client.pool_max_idle_per_host(0).build(connector)))
    }

    async fn answer(&self, ask: &Ask) -> Result<Reply, String> {
        let mut request = Request::builder().method(ask.method).uri(&ask.url);
        for (name, value) in &ask.fields {
            request = request.header(*name, value);
        }
        let body = Full::new(Bytes::from(ask.body.clone()));
        let request = request.body(body).map_err(|error| error.to_string())?;
        let response = self.0.request(request).await.map_err(|error| innermost(&error))?;
        read(response, ask.method).await
    }
}

impl Wire for Network {
    fn send<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Reply, String>> {
        let answer = timeout(PATIENCE, self.answer(ask));
        let late = || Err(format!("nothing came within {} s", PATIENCE.as_secs()));
        answer.map(move |answer| answer.unwrap_or_else(|_| late())).boxed()
    }
}

/// Reads an answer. Of a stream, the first event that says something; of one that a GET opened,
/// nothing, since it may never say anything.
async fn read(response: Response<Incoming>, method: &str) -> Result<Reply, String> {
    let (head, mut body) = response.into_parts();
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let fields = head.headers.iter();
    let fields: Vec<_> =
        fields.map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect();
    let mut reply = Reply { status: head.status.as_u16(), fields, body: String::new() };
    let is_stream = reply
        .field("content-type")
        .is_some_and(|media| media.to_ascii_lowercase().starts_with("text/event-stream"));
    if is_stream && method != "POST" {
        return Ok(reply);
    }
    let mut bytes = Vec::new();
    while !body.is_end_stream() {
        let Some(frame) = body.frame().await else { break };
        let frame = frame.map_err(|error| innermost(&error))?;
        bytes.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
        if bytes.len() > MOST {
            return Err(format!("more than {MOST} bytes came"));
        }
        if let Some(data) = first_event(&text(&bytes)).filter(|_| is_stream) {
            reply.body = data;
            return Ok(reply);
        }
    }
    reply.body = text(&bytes);
    Ok(reply)
}

/// The data of the first event that is whole and has any.
fn first_event(stream: &str) -> Option<String> {
    let stream = stream.replace("\r\n", "\n");
    let whole = stream.get(..stream.rfind("\n\n")?)?;
    whole.split("\n\n").find_map(|event| {
        let lines = event.lines().filter_map(|line| line.strip_prefix("data:"));
        let data: Vec<_> = lines.map(str::trim_start).collect();
        Some(data.join("\n")).filter(|data| !data.is_empty())
    })
}

/// The platform's roots; where it has none, those of Mozilla.
fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (used, _) = roots.add_parsable_certificates(found.certs);
    if used == 0 {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

fn innermost(error: &dyn Error) -> String {
    let mut inner = error;
    while let Some(cause) = inner.source() {
        inner = cause;
    }
    inner.to_string()
}
