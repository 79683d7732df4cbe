//! The settings that the environment may have.

use toolgate_core::{
    ScopePrefix, StartError,
    env::{self, Env},
};

use super::{Jwt, jwt};
use crate::{claims::Mapping, jwt::JwtAuth};

impl Jwt {
    /// The settings in `TOOLGATE_ISSUER`, `TOOLGATE_JWKS_URI`, `TOOLGATE_AUDIENCE`,
    /// `TOOLGATE_CLIENTS`, `TOOLGATE_ROLE_CLAIMS`, `TOOLGATE_SCOPE_CLAIMS` and `TOOLGATE_SCOPE_PREFIX`;
    /// `None` when no issuer is set.
    ///
    /// # Errors
    /// When a variable cannot be read, or the others are set without an issuer.
    pub fn from_env(env: &Env) -> Result<Option<Self>, StartError> {
        let (issuer, jwks_uri) = (env.text(env::ISSUER)?, env.text(env::JWKS_URI)?);
        let audiences = env.list(env::AUDIENCE)?;
        let clients = env.list(env::CLIENTS)?;
        let (roles, scopes) = (env.list(env::ROLE_CLAIMS)?, env.list(env::SCOPE_CLAIMS)?);
        let prefix = env.text(env::SCOPE_PREFIX)?;
        let Some(issuer) = issuer else {
            let orphans = [
                (jwks_uri.is_some(), env::JWKS_URI),
                (audiences.is_some(), env::AUDIENCE),
                (clients.is_some(), env::CLIENTS),
                (roles.is_some(), env::ROLE_CLAIMS),
                (scopes.is_some(), env::SCOPE_CLAIMS),
                (prefix.is_some(), env::SCOPE_PREFIX),
            ];
            let problems = orphans.iter().filter(|(set, _)| *set);
            let problems = problems.map(|(_, variable)| {
                format!("{} is set, and {} is not", variable.name, env::ISSUER.name)
            });
            StartError::check(problems.collect())?;
            return Ok(None);
        };
        let mut mapping = Mapping::default();
        if let Some(clients) = clients {
            mapping = mapping.clients(clients);
        }
        if let Some(roles) = roles {
            mapping = mapping.roles(roles);
        }
        if let Some(scopes) = scopes {
            mapping = mapping.scopes(scopes);
        }
        let scope_prefix = prefix.map(|text| match &*text {
            "resource" => ScopePrefix::Resource,
            _ => text.into(),
        });
        Ok(Some(Self { audiences, jwks_uri, mapping, scope_prefix, ..jwt(issuer) }))
    }
}

impl JwtAuth {
    /// An authenticator from this process's environment, as [`Jwt::from_env`] reads it.
    ///
    /// # Errors
    /// When no issuer is set, a variable cannot be read, or the settings contradict each other.
    pub fn from_env() -> Result<Self, StartError> {
        let unset = || StartError::new(format!("{} is not set", env::ISSUER.name));
        Jwt::from_env(&Env::process())?.ok_or_else(unset)?.build()
    }
}
