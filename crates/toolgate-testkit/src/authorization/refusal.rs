//! What an endpoint says when it refuses (RFC 6749, section 5.2).

use http::StatusCode;

/// A refusal. What it says is written here, and nothing of the request is repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) error: &'static str,
    pub(super) description: &'static str,
}

impl Refusal {
    /// Status 400 with an error of a standard.
    pub(super) fn new(error: &'static str, description: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, description }
    }

    pub(super) fn request(description: &'static str) -> Self {
        Self::new("invalid_request", description)
    }

    pub(super) fn grant(description: &'static str) -> Self {
        Self::new("invalid_grant", description)
    }

    /// Of resources and audiences (RFC 8707, section 2; RFC 8693, section 2.2.2).
    pub(super) fn target(description: &'static str) -> Self {
        Self::new("invalid_target", description)
    }

    pub(super) fn scope(description: &'static str) -> Self {
        Self::new("invalid_scope", description)
    }

    /// The client may not do this.
    pub(super) fn forbidden(description: &'static str) -> Self {
        Self::new("unauthorized_client", description)
    }

    /// The client is not who it says, or does not say who it is.
    pub(super) fn client(description: &'static str) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, ..Self::new("invalid_client", description) }
    }

    /// Ours.
    pub(super) fn fault() -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self { status, ..Self::new("server_error", "OpenSSL made no signature") }
    }
}
