//! Who asks: one caller, judged anew for every request.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::time::{Instant, timeout};
use toolgate_core::{
    Authenticate, Caller, Card, Credentials, Denial, Error, Refusal, Refused, StartError,
    audit::Action,
    authenticate::identify,
    env,
    error::incident_id,
    refused::{Realm, outcome},
};

use crate::{
    audited::{Asked, Audited},
    revoking::Revoking,
};

/// When to come back to an authenticator that did not answer.
const RETRY: Duration = Duration::from_secs(1);

/// The authenticator, and what it judges.
pub(crate) struct Gate {
    pub(crate) auth: Option<Arc<dyn Authenticate>>,
    pub(crate) credentials: Credentials,
    pub(crate) within: Duration,
    pub(crate) revoking: Option<Revoking>,
    pub(crate) audited: Audited,
}

impl Gate {
    /// Who asks now.
    ///
    /// The credentials are always the same and the verdict need not be: a token expires, a key is
    /// revoked, an issuer withdraws a signing key. To judge a token again costs less than to answer
    /// a request, so nothing is remembered, and nothing has to be forgotten in time.
    pub(crate) async fn identify(&self) -> Result<Caller, Refused> {
        let asked = asked();
        let judged = self.judged().await;
        judged.inspect_err(|refused| {
            self.audited.refused(Action::Authenticate, &asked, None, refused);
        })
    }

    /// What every request needs. The service sees to that for what it is asked itself; this is for
    /// what it never hears of.
    ///
    /// # Errors
    /// The refusal, when the caller lacks a scope.
    pub(crate) fn required(&self, card: &Card, caller: &Caller) -> Result<(), Error> {
        let Some(needed) = card.lacking(caller) else { return Ok(()) };
        let refused = Refused::Scopes(needed.clone());
        self.unserved(Some(caller), &refused);
        let told = Error::denied(Denial::Scopes(needed.clone()));
        let remedy = "the scopes of the caller's token";
        tracing::info!(reason = told.message(), remedy, "refused");
        Err(told)
    }

    /// Tells of a refusal of which the service never hears.
    pub(crate) fn unserved(&self, who: Option<&Caller>, refused: &Refused) {
        self.audited.refused(Action::Request, &asked(), who, refused);
    }

    async fn judged(&self) -> Result<Caller, Refused> {
        let Some(auth) = self.auth.as_deref() else { return Ok(Caller::Open) };
        let judged = timeout(self.within, identify(auth, &self.credentials)).await;
        let (caller, _) = judged.unwrap_or(Err(Refused::Unavailable { retry: RETRY }))?;
        // Over HTTP a client brings a new token. Here the old one goes on for as long as the process
        // does, so an end that an authenticator names and does not look at counts all the same.
        let end = caller.identity().and_then(|identity| identity.expires);
        if end.is_some_and(|end| end <= SystemTime::now()) {
            return Err(Refused::Unauthenticated(Refusal::invalid("the credentials have expired")));
        }
        if let Some(revoking) = &self.revoking {
            revoking.admit(&caller).await?;
        }
        Ok(caller)
    }

    /// Whether there is a caller at all, before anything is served.
    ///
    /// # Errors
    /// When there is none. What it says is for whoever starts the process, and holds no secret.
    pub(crate) async fn opens(&self) -> Result<(), StartError> {
        let Err(refused) = self.identify().await else { return Ok(()) };
        let name = env::TOKEN.name;
        Err(StartError::new(match &refused {
            Refused::Unauthenticated(refusal) | Refused::Forbidden(refusal) => {
                format!(
                    "the credentials of this process ({name}) are refused: {}",
                    refusal.logged()
                )
            }
            refused => format!(
                "the credentials of this process ({name}) cannot be judged: {}",
                told(refused).message()
            ),
        }))
    }
}

/// What a record says of a request that comes now.
fn asked() -> Asked<'static> {
    Asked { method: "stdio", peer: None, since: Instant::now() }
}

/// What the client is told of a refusal; the log has the rest.
pub(crate) fn told(refused: &Refused) -> Error {
    if let Refused::Failed(error) = refused {
        let incident = incident_id();
        let mut reason = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            reason.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        tracing::error!(incident, reason, remedy = "auth", "authentication failed");
        return Error::internal_with_id(&incident);
    }
    let told = outcome(refused, &Realm::default());
    let reason = refused.refusal().map_or(&*told.message, Refusal::logged);
    tracing::info!(reason, remedy = "auth, TOOLGATE_TOKEN", "refused");
    Error::new(told.code, told.message)
}
