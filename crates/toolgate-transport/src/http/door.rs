//! What a connection goes through before its first request: nothing, or TLS.

#[cfg(feature = "tls")]
use std::sync::Arc;

use toolgate_core::{
    StartError,
    env::{self, Env},
};

#[cfg(feature = "tls")]
use super::tls::{Live, Tls};

/// What was set of it.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<Tls>,
}

/// The same, ready for connections.
#[derive(Clone, Debug, Default)]
pub(crate) enum Door {
    #[default]
    Open,
    #[cfg(feature = "tls")]
    Tls(Arc<Live>),
}

impl Plan {
    /// Takes from the environment what was not set in code, and reads the files.
    ///
    /// # Errors
    /// Where TLS was asked for and cannot be had: never is the door left open then. And where the
    /// environment names who signs clients' certificates, and the code does not ask for any.
    #[cfg(feature = "tls")]
    pub(crate) fn ready(self, env: Option<&Env>) -> Result<Door, StartError> {
        let named = match (self.tls, env) {
            (None, Some(env)) => Tls::from_env(env)?,
            // Left out, it would let in whom the operator means to keep out.
            (Some(tls), Some(env)) if !tls.asks_clients() => {
                let variable = env::TLS_CLIENT_CA;
                if env.text(variable)?.is_some() {
                    let name = variable.name;
                    return Err(StartError::new(format!(
                        "{name} is set, and the `tls` of the program asks clients for nothing: \
                         take it from the environment as a whole, or use `client_ca`"
                    )));
                }
                Some(tls)
            }
            (set, _) => set,
        };
        named.map_or(Ok(Door::Open), |tls| tls.live().map(Door::Tls))
    }

    /// # Errors
    /// Where the environment asks for TLS, which this program was built without.
    #[cfg(not(feature = "tls"))]
    pub(crate) fn ready(self, env: Option<&Env>) -> Result<Door, StartError> {
        let Some(env) = env else { return Ok(Door::Open) };
        let mut problems = Vec::new();
        for variable in [env::TLS_CERT, env::TLS_KEY, env::TLS_CLIENT_CA] {
            if env.text(variable)?.is_some() {
                let name = variable.name;
                problems.push(format!("{name} is set, and the feature `tls` is off"));
            }
        }
        StartError::check(problems).map(|()| Door::Open)
    }
}

impl Door {
    pub(crate) fn is_tls(&self) -> bool {
        !matches!(self, Self::Open)
    }

    /// Whether clients are asked for a certificate.
    pub(crate) fn asks_clients(&self) -> bool {
        match self {
            Self::Open => false,
            #[cfg(feature = "tls")]
            Self::Tls(live) => live.asks_clients(),
        }
    }

    /// Minds its files for as long as it is polled; never done.
    pub(crate) async fn mind(&self) {
        match self {
            Self::Open => std::future::pending().await,
            #[cfg(feature = "tls")]
            Self::Tls(live) => live.watch().await,
        }
    }
}

#[cfg(all(test, not(feature = "tls")))]
mod tests {
    use super::*;

    #[test]
    fn a_program_without_tls_does_not_serve_where_tls_is_asked_for() {
        let env = Env::of([("TOOLGATE_TLS_CERT", "cert.pem"), ("TOOLGATE_TLS_KEY", "key.pem")]);
        let refused = Plan::default().ready(Some(&env)).unwrap_err();
        assert_eq!(refused.problems().len(), 2, "{refused}");
        assert!(Plan::default().ready(Some(&Env::of([]))).is_ok());
    }
}

#[cfg(all(test, feature = "tls"))]
mod tests {
    use super::*;

    #[test]
    fn the_authorities_of_clients_are_not_passed_over_where_code_names_the_files() {
        let refused = |tls: Tls, variable: &'static str| {
            let env = Env::of([(variable, "ca.pem")]);
            let plan = Plan { tls: Some(tls) };
            plan.ready(Some(&env)).err().unwrap().to_string()
        };
        let files = || Tls::pem_files("none/cert.pem", "none/key.pem");
        let name = "TOOLGATE_TLS_CLIENT_CA";
        assert!(refused(files(), name).contains(name));
        // What code says comes first. Here it is its files that cannot be read.
        assert!(!refused(files().client_ca("none/ca.pem"), name).contains(name));
        assert!(!refused(files(), "TOOLGATE_TLS_CERT").contains("TOOLGATE"));
    }
}
