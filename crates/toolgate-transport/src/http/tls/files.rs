//! What TLS is made of, from PEM files (RFC 7468). Whatever cannot be used is told with its file.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use rustls::{
    RootCertStore, ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{NoServerSessionStorage, WebPkiClientVerifier, danger::ClientCertVerifier},
};
use toolgate_core::StartError;

/// Where it is.
#[derive(Clone, Debug)]
pub(super) struct Files {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
    pub(super) clients: Clients,
}

/// Who is asked for a certificate, and by whom it has to be signed.
#[derive(Clone, Debug)]
pub(super) enum Clients {
    NotAsked,
    Asked(PathBuf),
    Required(PathBuf),
}

/// What tells that a file was changed, without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamps(Vec<Option<(SystemTime, u64)>>);

impl Files {
    /// Whether clients are asked for a certificate.
    pub(super) fn asks_clients(&self) -> bool {
        !matches!(self.clients, Clients::NotAsked)
    }

    pub(super) fn stamps(&self) -> Stamps {
        let stamp = |file: &PathBuf| {
            let known = fs::metadata(file).ok()?;
            Some((known.modified().ok()?, known.len()))
        };
        let files = [&self.certificate, &self.key].into_iter().chain(self.clients.authorities());
        Stamps(files.map(stamp).collect())
    }

    /// Reads them all.
    ///
    /// # Errors
    /// Says which file cannot be used, and why. Nothing of what is in it is repeated.
    pub(super) fn read(&self) -> Result<Arc<ServerConfig>, StartError> {
        let provider = Arc::new(ring::default_provider());
        let chain = certificates(&self.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&bytes(&self.key)?)
            .map_err(|_| wrong(&self.key, "has no private key, or one that is encrypted"))?;
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| StartError::new(format!("TLS cannot be used: {error}")))?;
        let verifier = self.clients.verifier(provider)?;
        let asks = verifier.is_some();
        let builder = match verifier {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_single_cert(chain, key).map_err(|error| {
            let key = self.key.display();
            wrong(&self.certificate, format!("and the key in `{key}` do not go together: {error}"))
        })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        if asks {
            // A session that is resumed shows the certificate of before, which may have ended since.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(Arc::new(config))
    }
}

impl Clients {
    fn authorities(&self) -> Option<&PathBuf> {
        match self {
            Self::NotAsked => None,
            Self::Asked(file) | Self::Required(file) => Some(file),
        }
    }

    fn verifier(
        &self,
        provider: Arc<CryptoProvider>,
    ) -> Result<Option<Arc<dyn ClientCertVerifier>>, StartError> {
        let Some(file) = self.authorities() else { return Ok(None) };
        let mut roots = RootCertStore::empty();
        for authority in certificates(file)? {
            roots
                .add(authority)
                .map_err(|error| wrong(file, format!("has one that is no authority: {error}")))?;
        }
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        let builder = match self {
            Self::Required(_) => builder,
            _ => builder.allow_unauthenticated(),
        };
        let built = builder.build();
        built.map(Some).map_err(|error| wrong(file, format!("cannot be used: {error}")))
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, StartError> {
    let bytes = bytes(file)?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match read {
        Ok(read) if !read.is_empty() => Ok(read),
        Ok(_) => Err(wrong(file, "has no certificate")),
        Err(_) => Err(wrong(file, "has a certificate that cannot be read")),
    }
}

fn bytes(file: &Path) -> Result<Vec<u8>, StartError> {
    fs::read(file).map_err(|error| wrong(file, format!("cannot be read: {}", error.kind())))
}

fn wrong(file: &Path, what: impl fmt::Display) -> StartError {
    StartError::new(format!("tls: the file `{}` {what}", file.display()))
}
