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

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use toolgate_testkit::{AuthorizationServer, SigningKey};

    use super::*;
    use crate::exchange::{self, RESOURCE};

    async fn ask(side: Side, access: Access, issuer: &Issuer) -> (StatusCode, Bytes) {
        let request = exchange::request(&issuer.token).unwrap();
        subject(side, access, issuer).unwrap().answer(request).await.unwrap()
    }

    #[tokio::test]
    async fn both_give_the_same_answer() {
        let issuer = Issuer::start().await.unwrap();
        for access in Access::ALL {
            for side in Side::ALL {
                exchange::verify(&ask(side, access, &issuer).await).unwrap();
            }
        }
    }

    /// A floor that checked less would be no measure.
    #[tokio::test]
    async fn both_refuse_the_same_tokens() {
        let server = AuthorizationServer::start().await.unwrap();
        let good = || server.token("user-1").audience(RESOURCE);
        let past = SystemTime::now() - Duration::from_secs(3600);
        let rows = [
            ("signature", good().key(SigningKey::Impostor)),
            ("issuer", good().claim("iss", "http://127.0.0.1:1")),
            ("audience", good().audience("http://other.example/mcp")),
            ("expiry", good().expires_at(past)),
        ];
        for (rule, token) in rows {
            let issuer = Issuer::of(&server, token.sign()).await.unwrap();
            for side in Side::ALL {
                let (status, _) = ask(side, Access::Token, &issuer).await;
                assert_eq!(status, StatusCode::UNAUTHORIZED, "{side:?} {rule}");
            }
        }
    }
}
