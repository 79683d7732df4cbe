//! TLS for the listener: versions 1.2 and 1.3, HTTP/2 and HTTP/1.1 by ALPN, and certificates that are
//! read anew while it serves.

mod arrive;
mod files;
mod live;

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use toolgate_core::{
    StartError,
    env::{self, Env},
};

use self::files::{Clients, Files};
pub(crate) use self::{
    arrive::{Arrived, arrive},
    live::Live,
};

/// How often the files are looked at, unless set.
const WATCH: Duration = Duration::from_secs(60);

/// TLS for a listener, from PEM files.
///
/// The files are looked at every minute, and read anew when one of them has changed; what is new and
/// cannot be used changes nothing. Connections that are open go on with what they began with.
///
/// ```no_run
/// use toolgate_transport::http::{self, Tls};
///
/// let tls = Tls::pem_files("tls/cert.pem", "tls/key.pem");
/// let http = http::bind("0.0.0.0:8443").tls(tls).public_url("https://mcp.example/mcp");
/// ```
pub struct Tls {
    files: Files,
    watch: Duration,
    reload: Reload,
}

impl Tls {
    /// The certificate, with those that lead from it to its authority behind it, and its private key,
    /// not encrypted.
    pub fn pem_files(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        let (certificate, key) = (certificate.into(), key.into());
        let files = Files { certificate, key, clients: Clients::NotAsked };
        Self { files, watch: WATCH, reload: Reload::default() }
    }

    /// The files that `TOOLGATE_TLS_CERT`, `TOOLGATE_TLS_KEY` and `TOOLGATE_TLS_CLIENT_CA` name;
    /// `None` where none of them is set.
    ///
    /// # Errors
    /// When a variable cannot be read, or a file is missing that another needs.
    pub fn from_env(env: &Env) -> Result<Option<Self>, StartError> {
        let certificate = env.text(env::TLS_CERT)?;
        let key = env.text(env::TLS_KEY)?;
        let clients = env.text(env::TLS_CLIENT_CA)?;
        let (certificate, key) = match (certificate, key, &clients) {
            (Some(certificate), Some(key), _) => (certificate, key),
            (None, None, None) => return Ok(None),
            _ => {
                return Err(StartError::new(format!(
                    "TLS needs both {} and {}",
                    env::TLS_CERT.name,
                    env::TLS_KEY.name
                )));
            }
        };
        let tls = Self::pem_files(certificate, key);
        Ok(Some(match clients {
            Some(authorities) => tls.client_ca(authorities),
            None => tls,
        }))
    }

    /// Asks clients for a certificate that one of these authorities has signed. Whoever has none is let
    /// in all the same, and whoever shows another is not. Who calls is said by the authenticator: see
    /// `Jwt::mtls` of `toolgate-auth`.
    ///
    /// No list of revoked certificates is read. Sessions are not resumed: every connection proves
    /// anew that it has its certificate's key.
    #[must_use]
    pub fn client_ca(mut self, authorities: impl Into<PathBuf>) -> Self {
        self.files.clients = Clients::Asked(authorities.into());
        self
    }

    /// The same, and whoever has none is not let in either: neither to `/health` nor to the metadata
    /// document.
    #[must_use]
    pub fn require_client_ca(mut self, authorities: impl Into<PathBuf>) -> Self {
        self.files.clients = Clients::Required(authorities.into());
        self
    }

    /// How often the files are looked at: every minute unless set, and never with zero.
    #[must_use]
    pub fn watch(self, every: Duration) -> Self {
        Self { watch: every, ..self }
    }

    /// What reads the files anew when it is told to, whatever the clock says.
    pub fn reload(&self) -> Reload {
        self.reload.clone()
    }

    /// Whether clients are asked for a certificate.
    pub(crate) fn asks_clients(&self) -> bool {
        self.files.asks_clients()
    }

    /// Reads the files.
    ///
    /// # Errors
    /// Says which of them cannot be used.
    pub(crate) fn live(self) -> Result<Arc<Live>, StartError> {
        let live = Arc::new(Live::start(self.files, self.watch)?);
        // Nobody else has set it: what it is of was moved here.
        let _ = self.reload.0.set(Arc::clone(&live));
        Ok(live)
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).field("watch", &self.watch).finish()
    }
}

/// Reads the files of a [`Tls`] anew; from [`Tls::reload`]. Cheap to clone.
#[derive(Clone, Default)]
pub struct Reload(Arc<OnceLock<Arc<Live>>>);

impl Reload {
    /// Reads the files, for connections from now on. Before the listener serves it does nothing: they
    /// are read then. It waits for the disk.
    ///
    /// # Errors
    /// When they cannot be used; says which. Connections go on with those before.
    pub fn now(&self) -> Result<(), StartError> {
        self.0.get().map_or(Ok(()), |live| live.reload())
    }
}

impl fmt::Debug for Reload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reload")
    }
}
