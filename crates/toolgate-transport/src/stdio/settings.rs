//! Settings, and whether they agree with the service and with the authenticator.

use std::{fmt, sync::Arc};

use toolgate_core::{
    Authenticate, Credentials, Revocations, Service, StartError,
    env::{self, Env},
};

use super::{
    evidence::Environment,
    gate::Gate,
    limits::{Bounds, Limits},
};
use crate::{
    agree,
    audited::Audited,
    revoking::{self, Revoking},
};

/// What was set.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) auth: Option<Arc<dyn Authenticate>>,
    pub(crate) revocations: Option<Arc<dyn Revocations>>,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) public_url: Option<String>,
    pub(crate) limits: Limits,
    pub(crate) env: Option<Env>,
}

/// Settings that agree.
pub(crate) struct Setup {
    pub(crate) gate: Gate,
    pub(crate) bounds: Bounds,
}

impl Settings {
    /// Checks everything against everything.
    ///
    /// # Errors
    /// All contradictions, each with the settings at fault and the remedy.
    pub(crate) fn settle(self, service: &dyn Service) -> Result<Setup, StartError> {
        let mut problems = Vec::new();
        let resource = noted(&mut problems, self.resource()).flatten();
        let token = noted(&mut problems, self.text(env::TOKEN)).flatten();
        let bounds = noted(&mut problems, self.limits.settle(self.env.as_ref()));
        let own = self.auth.as_ref().map(|auth| auth.card());
        // Credentials that were made by hand bring their own.
        let named = resource.is_some() || self.credentials.is_some();
        let unnamed = !named && own.as_ref().is_some_and(|own| own.needs_resource);
        problems.extend(agree::problems(&service.card(), own.as_ref(), unnamed));
        problems.extend(revoking::problem(self.revocations.is_some(), own.is_some()));
        let Some(bounds) = bounds.filter(|_| problems.is_empty()) else {
            return Err(StartError::check(problems).err().unwrap_or_else(unsaid));
        };
        let from_env = || Credentials::new(Environment { token, resource });
        let credentials = self.credentials.unwrap_or_else(from_env);
        let (within, every) = (bounds.authentication, bounds.recheck);
        let revoking = self.revocations.map(|by| Revoking { by, within, every });
        let gate = Gate {
            auth: self.auth,
            credentials,
            within,
            revoking,
            audited: Audited(service.audit()),
        };
        Ok(Setup { gate, bounds })
    }

    /// The URL that tokens are for. One without a path gets that of the endpoint, as over HTTP.
    fn resource(&self) -> Result<Option<String>, StartError> {
        let url = match &self.public_url {
            Some(url) => Some(url.clone()),
            None => self.text(env::PUBLIC_URL)?,
        };
        let Some(url) = url else { return Ok(None) };
        let whole = url.split_once("://").is_some_and(|(_, rest)| {
            rest.split_once('/').is_some_and(|(_, path)| !path.is_empty())
        });
        if whole {
            return Ok(Some(url));
        }
        let path = self.text(env::PATH)?.unwrap_or_else(|| env::PATH.default.to_owned());
        Ok(Some(format!("{}{path}", url.trim_end_matches('/'))))
    }

    fn text(&self, variable: env::Variable) -> Result<Option<String>, StartError> {
        self.env.as_ref().map_or(Ok(None), |env| env.text(variable))
    }
}

/// What there is, and what is wrong with it among the problems.
fn noted<T>(problems: &mut Vec<String>, found: Result<T, StartError>) -> Option<T> {
    found.map_err(|error| problems.extend_from_slice(error.problems())).ok()
}

fn unsaid() -> StartError {
    StartError::new("the limits cannot be read")
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("public_url", &self.public_url)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
