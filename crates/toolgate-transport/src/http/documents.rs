//! What is answered beside the endpoint: the metadata document, and whether the server lives.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::{
    HeaderValue, Method, Response, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ALLOW, CACHE_CONTROL, RETRY_AFTER,
    },
    request::Parts,
};

use super::{
    answer::{self, Problem},
    body::Body,
    endpoint::Endpoint,
    read::Inbound,
    site,
};

const READ: &str = "GET, HEAD, OPTIONS";

impl Endpoint {
    /// Answers for the metadata document: for everybody, and for pages of every origin. Clients
    /// read it before they have a token.
    pub(crate) async fn metadata(&self, head: Parts, body: Inbound) -> Response<Body> {
        let text = self.judge_document(&head).and_then(|()| {
            let (resource, card) = (self.site.resource.as_deref(), self.service.card());
            self.document.text(resource, &self.resource_card, &card).ok_or_else(not_found)
        });
        self.public(text, head, body).await
    }

    /// Answers for the copy of an authorization server's metadata, in the same way.
    pub(crate) async fn mirrored(&self, head: Parts, body: Inbound) -> Response<Body> {
        let text = match (self.judge_document(&head), &self.mirrored, &self.auth) {
            (Err(problem), _, _) => Err(problem),
            // Whether it may be read does not hang on what it says.
            (Ok(()), Some(_), Some(_)) if !reads(&head.method) => Ok(Bytes::new()),
            (Ok(()), Some(mirrored), Some(auth)) => {
                mirrored.text(auth).await.ok_or_else(unavailable)
            }
            _ => Err(not_found()),
        };
        self.public(text, head, body).await
    }

    fn judge_document(&self, head: &Parts) -> Result<(), Box<Problem>> {
        site::judge_size(head, &self.limits).and_then(|()| self.site.judge_document(head))
    }

    /// Answers with a document that is for everybody.
    async fn public(
        &self,
        text: Result<Bytes, Box<Problem>>,
        head: Parts,
        body: Inbound,
    ) -> Response<Body> {
        let judged = text.and_then(|text| read(text, &head.method));
        let mut response = match judged {
            Ok(Some(text)) => answer::json(text.into()),
            Ok(None) => {
                let mut response = answer::empty(StatusCode::NO_CONTENT);
                let fields = response.headers_mut();
                fields.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(READ));
                let sent = "Accept, Authorization, Content-Type, MCP-Protocol-Version";
                fields.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(sent));
                response
            }
            Err(problem) => return self.turn_away(problem, &head, body).await,
        };
        let fields = response.headers_mut();
        fields.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        fields.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
        response
    }

    /// Answers whether the server lives, or whether it takes calls. Any `Host` will do: what asks
    /// knows an address alone.
    pub(crate) async fn probe(
        &self,
        wants_calls: bool,
        head: Parts,
        body: Inbound,
    ) -> Response<Body> {
        if !matches!(head.method, Method::GET | Method::HEAD) {
            let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "only GET is served here");
            return self
                .turn_away(problem.field(ALLOW, HeaderValue::from_static("GET, HEAD")), &head, body)
                .await;
        }
        if wants_calls && !self.ready.load(Ordering::Acquire) {
            let mut response = answer::json(Body::from(r#"{"status":"stopping"}"#));
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            return response;
        }
        answer::json(Body::from(r#"{"status":"ok"}"#))
    }

    /// Answers for a path that leads nowhere.
    pub(crate) async fn nowhere(&self, head: Parts, body: Inbound) -> Response<Body> {
        self.turn_away(not_found(), &head, body).await
    }
}

fn reads(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// A document for a method that reads it; nothing for one that asks if it may.
fn read(text: Bytes, method: &Method) -> Result<Option<Bytes>, Box<Problem>> {
    match *method {
        _ if reads(method) => Ok(Some(text)),
        Method::OPTIONS => Ok(None),
        _ => Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "only GET is served here")
            .field(ALLOW, HeaderValue::from_static(READ))),
    }
}

/// The metadata is somebody else's, and cannot be had now.
fn unavailable() -> Box<Problem> {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    Problem::new(status, "the authorization server's metadata cannot be had now")
        .remedy("mirror_authorization_server, TOOLGATE_MIRROR_AUTHORIZATION_SERVER; the issuer")
        .field(RETRY_AFTER, HeaderValue::from_static("10"))
}

fn not_found() -> Box<Problem> {
    Problem::new(StatusCode::NOT_FOUND, "there is nothing at this path").remedy("path")
}
