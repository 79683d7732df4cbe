//! The status that goes with a call's failure.

use http::StatusCode;
use toolgate_core::protocol::code;

use crate::run::Failure;

impl Failure {
    /// Whether it is an answer to the request in any era, rather than a refusal or a fault.
    pub(crate) fn is_answer(&self) -> bool {
        match self {
            Self::Error(error) => error.denial().is_none(),
            Self::Late | Self::Cancelled => true,
            Self::Panicked(_) => false,
        }
    }

    /// The status that goes with it while none has gone out; none where core's table of refusals
    /// decides.
    ///
    /// Errors of an application are answers, so they are 200: another status would read as a
    /// verdict on the server (a client of both eras falls back to the old one on some 4xx). That
    /// holds for a call that timed out, too.
    pub(crate) fn status(&self) -> Option<StatusCode> {
        let Self::Error(error) = self else {
            return Some(match self {
                Self::Panicked(_) => StatusCode::INTERNAL_SERVER_ERROR,
                _ => StatusCode::OK,
            });
        };
        match error.code() {
            _ if error.denial().is_some() => None,
            code::METHOD_NOT_FOUND => Some(StatusCode::NOT_FOUND),
            code::HEADER_MISMATCH
            | code::MISSING_CLIENT_CAPABILITY
            | code::UNSUPPORTED_VERSION
            | code::PARSE_ERROR
            | code::INVALID_REQUEST => Some(StatusCode::BAD_REQUEST),
            _ => Some(StatusCode::OK),
        }
    }
}

#[cfg(test)]
mod tests {
    use toolgate_core::{Denial, Error};

    use super::*;

    #[test]
    fn each_error_has_its_status() {
        let rows = [
            (Error::method_not_found(), Some(404)),
            (Error::new(code::HEADER_MISMATCH, "x"), Some(400)),
            (Error::new(code::MISSING_CLIENT_CAPABILITY, "x"), Some(400)),
            (Error::unsupported_version("v"), Some(400)),
            (Error::new(code::PARSE_ERROR, "x"), Some(400)),
            (Error::new(code::INVALID_REQUEST, "x"), Some(400)),
            (Error::invalid_params("x"), Some(200)),
            (Error::internal(), Some(200)),
            (Error::new(7, "x"), Some(200)),
            (Error::denied(Denial::Forbidden), None),
        ];
        for (error, status) in rows {
            let failure = Failure::Error(error);
            assert_eq!(failure.status().map(|status| status.as_u16()), status, "{failure:?}");
        }
        assert_eq!(Failure::Late.status(), Some(StatusCode::OK));
    }
}
