//! The handshake: what is known of a connection once it is over.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use rustls::ServerConfig;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// A connection whose handshake is over.
pub(crate) struct Arrived {
    pub(crate) stream: TlsStream<TcpStream>,
    /// Whether HTTP/2 was agreed on (RFC 9113, section 3.2); otherwise it is HTTP/1.1.
    pub(crate) http2: bool,
    /// The certificate whose key the client has shown to hold, DER.
    pub(crate) certificate: Option<Bytes>,
}

/// Shakes hands. None where it comes to nothing, or takes longer than `patience`.
pub(crate) async fn arrive(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    patience: Duration,
) -> Option<Arrived> {
    match timeout(patience, TlsAcceptor::from(config).accept(stream)).await {
        Ok(Ok(stream)) => {
            let (_, known) = stream.get_ref();
            let http2 = known.alpn_protocol() == Some(b"h2");
            let leaf = known.peer_certificates().and_then(|chain| chain.first());
            let certificate = leaf.map(|leaf| Bytes::copy_from_slice(leaf));
            Some(Arrived { stream, http2, certificate })
        }
        Ok(Err(error)) => {
            tracing::debug!(%error, "a handshake failed");
            None
        }
        Err(_) => {
            tracing::debug!("a handshake took too long; limits: handshake");
            None
        }
    }
}
