//! What is measured: a server and its client, with or without tokens.

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, StatusCode, header::HeaderValue};
use toolgate::core::{BoxFuture, legacy::MemorySessions};

use crate::{
    Result, asked,
    door::{self, Door},
    floor::Floor,
    issuer::Issuer,
    legacy, ours,
};

/// Tokens that are remembered, unless none are: as many as by default.
pub(crate) const MEMORY: usize = 4096;

/// Who is asked for credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// The floor asks nobody; ours has an authenticator that lets anybody in.
    Anybody,
    /// Both verify a signed JWT.
    Token,
}

/// Which server, and how it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Ours, in the modern era.
    Ours,
    /// The job by hand, in the modern era.
    Floor,
    /// Ours, in the only session of the old era.
    Legacy,
    /// Ours, in one of many sessions.
    Crowd,
    /// Ours, with many tools.
    Among,
    /// Ours, asked for the list of many tools.
    List,
    /// Ours, asked for a resource.
    Read,
    /// Ours, with notes before the reply.
    Notes,
    /// Ours, with a token that is verified anew.
    Anew,
    /// The authenticator alone, with a token that is remembered.
    Known,
    /// The authenticator alone, with one that is verified anew.
    Unknown,
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
    pub(crate) const ALL: [Self; 11] = [
        Self::Ours,
        Self::Floor,
        Self::Legacy,
        Self::Crowd,
        Self::Among,
        Self::List,
        Self::Read,
        Self::Notes,
        Self::Anew,
        Self::Known,
        Self::Unknown,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Floor => "floor",
            Self::Legacy => "legacy",
            Self::Crowd => "crowd",
            Self::Among => "among",
            Self::List => "list",
            Self::Read => "read",
            Self::Notes => "notes",
            Self::Anew => "anew",
            Self::Known => "known",
            Self::Unknown => "unknown",
        }
    }
}

/// Something that answers a request in memory.
pub(crate) trait Subject {
    /// The whole answer: status and body.
    fn answer(&self, request: Request<Full<Bytes>>) -> BoxFuture<'_, Result<(StatusCode, Bytes)>>;
}

/// A server that is ready for the call that is measured.
pub(crate) struct Case {
    pub(crate) subject: Box<dyn Subject>,
    side: Side,
    token: String,
    /// In the old era.
    session: Option<HeaderValue>,
}

impl Case {
    pub(crate) async fn new(side: Side, access: Access, issuer: &Issuer) -> Result<Self> {
        let token = issuer.token.clone();
        if side == Side::Floor {
            let subject = Box::new(Floor::new(access, issuer)?);
            return Ok(Self { subject, side, token, session: None });
        }
        let memory = if matches!(side, Side::Anew | Side::Unknown) { 0 } else { MEMORY };
        if matches!(side, Side::Known | Side::Unknown) {
            let subject =
                Box::new(Door::new(ours::authenticator(access, issuer, memory)?, &token)?);
            return Ok(Self { subject, side, token, session: None });
        }
        let sessions = MemorySessions::new();
        if side == Side::Crowd {
            legacy::crowd(&sessions).await?;
        }
        let service = ours::in_process(
            asked::server(side),
            ours::authenticator(access, issuer, memory)?,
            sessions,
        )?;
        let session = match side {
            Side::Legacy | Side::Crowd => Some(legacy::begin(&service, &token).await?),
            _ => None,
        };
        Ok(Self { subject: Box::new(service), side, token, session })
    }

    /// The request of the call.
    pub(crate) fn request(&self) -> Result<Request<Full<Bytes>>> {
        match &self.session {
            Some(session) => legacy::request(&self.token, session),
            None => asked::request(self.side, &self.token),
        }
    }

    /// Whether it was answered.
    pub(crate) fn verify(&self, answer: &(StatusCode, Bytes)) -> Result {
        match &self.session {
            _ if matches!(self.side, Side::Known | Side::Unknown) => door::verify(answer),
            Some(_) => legacy::verify(answer),
            None => asked::verify(self.side, answer),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use toolgate_testkit::{AuthorizationServer, SigningKey};

    use super::*;
    use crate::exchange::RESOURCE;

    #[tokio::test]
    async fn each_gives_its_answer() {
        let issuer = Issuer::start().await.unwrap();
        for access in Access::ALL {
            for side in Side::ALL {
                let case = Case::new(side, access, &issuer).await.unwrap();
                let answer = case.subject.answer(case.request().unwrap()).await.unwrap();
                case.verify(&answer).unwrap();
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
            for side in [Side::Ours, Side::Floor] {
                let case = Case::new(side, Access::Token, &issuer).await.unwrap();
                let answer = case.subject.answer(case.request().unwrap()).await;
                let (status, _) = answer.unwrap();
                assert_eq!(status, StatusCode::UNAUTHORIZED, "{side:?} {rule}");
            }
        }
    }
}
