//! What is measured: one of the two servers, with or without tokens.

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, StatusCode};
use toolgate::core::BoxFuture;

use crate::{Result, floor::Floor, issuer::Issuer, ours};

/// Who is asked for credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// The floor asks nobody; ours has an authenticator that lets anybody in.
    Anybody,
    /// Both verify a signed JWT.
    Token,
}

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Ours,
    Floor,
}

impl Access {
    pub(crate) const ALL: [Self; 2] = [Self::Anybody, Self::Token];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Anybody => "no token",
            Self::Token => "JWT",
        }
    }
}

impl Side {
    pub(crate) const ALL: [Self; 2] = [Self::Ours, Self::Floor];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Floor => "floor",
        }
    }
}

/// Something that answers a request in memory.
pub(crate) trait Subject {
    /// The whole answer: status and body.
    fn answer(&self, request: Request<Full<Bytes>>) -> BoxFuture<'_, Result<(StatusCode, Bytes)>>;
}

/// The subject of a case.
pub(crate) fn subject(side: Side, access: Access, issuer: &Issuer) -> Result<Box<dyn Subject>> {
    Ok(match side {
        Side::Ours => Box::new(ours::in_process(access, issuer)?),
        Side::Floor => Box::new(Floor::new(access, issuer)?),
    })
}
