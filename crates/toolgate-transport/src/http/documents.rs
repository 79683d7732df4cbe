//! What is answered beside the endpoint: the metadata document, and whether the server lives.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::{
    HeaderValue, Method, Response, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ALLOW, CACHE_CONTROL,
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
        let judged = site::judge_size(&head, &self.limits)
            .and_then(|()| self.site.judge_document(&head))
            .and_then(|()| self.metadata_text(&head.method));
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

    /// The document for a method that reads it; nothing for one that asks if it may.
    fn metadata_text(&self, method: &Method) -> Result<Option<Bytes>, Box<Problem>> {
        let (resource, card) = (self.site.resource.as_deref(), self.service.card());
        let text =
            self.document.text(resource, &self.resource_card, &card).ok_or_else(not_found)?;
        match *method {
            Method::GET | Method::HEAD => Ok(Some(text)),
            Method::OPTIONS => Ok(None),
            _ => Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "only GET is served here")
                .field(ALLOW, HeaderValue::from_static(READ))),
        }
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

fn not_found() -> Box<Problem> {
    Problem::new(StatusCode::NOT_FOUND, "there is nothing at this path").remedy("path")
}
