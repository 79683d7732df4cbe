//! What is published and where, and how each request is to be answered.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    algorithm::Algorithm,
    state::{JwksFault, Outage},
};

const JWKS: &str = "/jwks";

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Metadata,
    Jwks,
    Nowhere,
}

impl Place {
    pub(super) fn at(path: &str) -> Self {
        match path {
            "/.well-known/oauth-authorization-server" | "/.well-known/openid-configuration" => {
                Self::Metadata
            }
            JWKS => Self::Jwks,
            _ => Self::Nowhere,
        }
    }
}

/// How to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Metadata,
    Keys,
    NoKeys,
    Garbage,
    /// For a page that asks whether it may read.
    Preflight,
    Status(StatusCode),
    HangUp,
    Silence,
}

/// Decides how to answer, knowing what is wrong.
pub(super) fn decide(method: &Method, place: Place, outage: Outage) -> Answer {
    if outage.down {
        return Answer::HangUp;
    }
    match (method, place) {
        (_, Place::Nowhere) => Answer::Status(StatusCode::NOT_FOUND),
        (&Method::OPTIONS, _) => Answer::Preflight,
        (&Method::GET | &Method::HEAD, Place::Metadata) => Answer::Metadata,
        (&Method::GET | &Method::HEAD, Place::Jwks) => outage.jwks.map_or(Answer::Keys, faulty),
        _ => Answer::Status(StatusCode::METHOD_NOT_ALLOWED),
    }
}

fn faulty(fault: JwksFault) -> Answer {
    match fault {
        JwksFault::Garbage => Answer::Garbage,
        JwksFault::Empty => Answer::NoKeys,
        JwksFault::Status(status) => Answer::Status(
            // A final one: what is below 200 would leave the client waiting for more.
            StatusCode::from_u16(status)
                .ok()
                .filter(|status| !status.is_informational())
                .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        ),
        JwksFault::Silence => Answer::Silence,
    }
}

pub(super) fn jwks_uri(issuer: &str) -> String {
    format!("{issuer}{JWKS}")
}

/// RFC 8414, section 2. There is no endpoint for grants, so there are none.
pub(super) fn metadata(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "jwks_uri": jwks_uri(issuer),
        "response_types_supported": [],
        "grant_types_supported": [],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": Algorithm::ALL.map(Algorithm::name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Outage = Outage { down: false, jwks: None };

    #[test]
    fn each_request_has_its_answer() {
        let missing = Answer::Status(StatusCode::NOT_FOUND);
        let other_method = Answer::Status(StatusCode::METHOD_NOT_ALLOWED);
        let rows = [
            (Method::GET, "/jwks", Answer::Keys),
            (Method::HEAD, "/jwks", Answer::Keys),
            (Method::GET, "/.well-known/oauth-authorization-server", Answer::Metadata),
            (Method::GET, "/.well-known/openid-configuration", Answer::Metadata),
            (Method::OPTIONS, "/.well-known/openid-configuration", Answer::Preflight),
            (Method::POST, "/jwks", other_method),
            (Method::GET, "/", missing),
            (Method::GET, "/jwks/", missing),
            (Method::OPTIONS, "/token", missing),
        ];
        for (method, path, answer) in rows {
            assert_eq!(decide(&method, Place::at(path), GOOD), answer, "{method} {path}");
        }
    }

    #[test]
    fn faults_are_for_keys_and_an_outage_for_everything() {
        for (fault, answer) in [
            (JwksFault::Garbage, Answer::Garbage),
            (JwksFault::Empty, Answer::NoKeys),
            (JwksFault::Status(503), Answer::Status(StatusCode::SERVICE_UNAVAILABLE)),
            (JwksFault::Status(7), Answer::Status(StatusCode::INTERNAL_SERVER_ERROR)),
            (JwksFault::Status(100), Answer::Status(StatusCode::INTERNAL_SERVER_ERROR)),
            (JwksFault::Silence, Answer::Silence),
        ] {
            let outage = Outage { jwks: Some(fault), ..GOOD };
            assert_eq!(decide(&Method::GET, Place::Jwks, outage), answer);
            assert_eq!(decide(&Method::GET, Place::Metadata, outage), Answer::Metadata);
            let outage = Outage { down: true, ..outage };
            for place in [Place::Jwks, Place::Metadata, Place::Nowhere] {
                assert_eq!(decide(&Method::GET, place, outage), Answer::HangUp);
            }
        }
    }
}
