//! Tokens that are bound to a client's certificate, over a listener with TLS: on which connections they
//! count, in both eras.

use std::{env, fs, net::SocketAddr, path::PathBuf, process, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use ring::digest::{SHA256, digest};
use rustls::{ClientConfig, RootCertStore, crypto::ring::default_provider};
use serde_json::json;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use toolgate_auth::jwt;
use toolgate_testkit::AuthorizationServer;
use toolgate_transport::http::Tls;

use super::{Ask, RESOURCE, Reply, Served, bound, call, old, old_call, said, server};
use crate::support::client::{Connection, within};

/// A certificate and its key.
struct Leaf(Certificate, KeyPair);

impl Leaf {
    /// What a token says that is bound to it (RFC 8705, section 3.1).
    fn confirmation(&self) -> serde_json::Value {
        json!({"x5t#S256": URL_SAFE_NO_PAD.encode(digest(&SHA256, self.0.der()))})
    }
}

/// An authority, a server with its files, and clients with certificates.
struct Stage {
    folder: PathBuf,
    authority: Certificate,
    ann: Leaf,
    bob: Leaf,
    issuer: AuthorizationServer,
    served: Served,
}

impl Stage {
    async fn start(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().expect("a key");
        let authority = params.self_signed(&key).expect("a certificate");
        let signer = Issuer::new(params, key);
        let leaf = |name: &str, purpose| {
            let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
            params.extended_key_usages = vec![purpose];
            let key = KeyPair::generate().expect("a key");
            Leaf(params.signed_by(&key, &signer).expect("a certificate"), key)
        };
        let own = leaf("localhost", ExtendedKeyUsagePurpose::ServerAuth);
        let folder = env::temp_dir().join(format!("toolgate-mtls-{name}-{}", process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        for (file, text) in [
            ("cert.pem", own.0.pem()),
            ("key.pem", own.1.serialize_pem()),
            ("ca.pem", authority.pem()),
        ] {
            fs::write(folder.join(file), text).expect("a file");
        }
        let tls = Tls::pem_files(folder.join("cert.pem"), folder.join("key.pem"))
            .client_ca(folder.join("ca.pem"));
        let issuer = AuthorizationServer::start().await.expect("an issuer");
        let auth = jwt(issuer.issuer()).mtls().build().expect("settings that agree");
        let served = Served::start(server(), bound().tls(tls).auth(auth)).await;
        let ann = leaf("ann", ExtendedKeyUsagePurpose::ClientAuth);
        let bob = leaf("bob", ExtendedKeyUsagePurpose::ClientAuth);
        Self { folder, authority, ann, bob, issuer, served }
    }

    /// A token of Ann's that is bound to her certificate.
    fn token(&self) -> String {
        let token = self.issuer.token("ann").client("desk").audience(RESOURCE);
        token.claim("cnf", self.ann.confirmation()).sign()
    }

    /// Sends it over a connection of its own, with a certificate or without.
    async fn send(&self, ask: &Ask, with: Option<&Leaf>) -> Reply {
        let stream = TcpStream::connect(self.served.addr).await.expect("a connection");
        let connector = TlsConnector::from(self.config(with));
        let name = "localhost".try_into().expect("a name");
        let stream = within("a handshake", connector.connect(name, stream)).await;
        let mut connection = Connection::over(stream.expect("a handshake"));
        let ask = ask.clone().with("Host", "mcp.example");
        let nowhere: SocketAddr = ([127, 0, 0, 1], 1).into();
        connection.write(&ask.bytes(nowhere)).await;
        connection.reply(&ask.method).await
    }

    fn config(&self, with: Option<&Leaf>) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.der().clone()).expect("an authority");
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots);
        Arc::new(match with {
            None => builder.with_no_client_auth(),
            Some(Leaf(certificate, key)) => {
                let key = key.serialize_der().try_into().expect("a key");
                let chain = vec![certificate.der().clone()];
                builder.with_client_auth_cert(chain, key).expect("a certificate and its key")
            }
        })
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test]
async fn a_bound_token_counts_over_connections_with_its_certificate_in_both_eras() {
    let stage = Stage::start("both").await;
    let token = stage.token();
    let ann = format!("{} ann desk ", stage.issuer.issuer());
    let modern = call().bearer(&token);
    assert_eq!(said(&stage.send(&modern, Some(&stage.ann)).await), ann);
    let hello = old::post(&old::handshake(old::LATEST)).bearer(&token);
    let reply = stage.send(&hello, Some(&stage.ann)).await;
    let session = reply.field("mcp-session-id").expect("a session").to_owned();
    let in_session = old::post(&old_call())
        .bearer(&token)
        .with("Mcp-Session-Id", &session)
        .with("MCP-Protocol-Version", old::LATEST);
    assert_eq!(said(&stage.send(&in_session, Some(&stage.ann)).await), ann);
    // The token is remembered by now, and the session is Ann's.
    for ask in [&modern, &hello, &in_session] {
        for thief in [None, Some(&stage.bob)] {
            let reply = stage.send(ask, thief).await;
            assert_eq!(reply.outcome(), (401, Some(-32000)), "{}", reply.text());
            let challenge = reply.field("www-authenticate").expect("a challenge");
            assert!(challenge.starts_with("Bearer "), "{challenge}");
            assert!(challenge.contains(r#"error="invalid_token""#), "{challenge}");
        }
    }
}

#[tokio::test]
async fn tokens_without_a_certificate_count_and_the_metadata_says_what_is_taken() {
    let stage = Stage::start("neither").await;
    let token = stage.issuer.token("ann").client("desk").audience(RESOURCE).sign();
    let ann = format!("{} ann desk ", stage.issuer.issuer());
    for with in [None, Some(&stage.bob)] {
        assert_eq!(said(&stage.send(&call().bearer(&token), with).await), ann);
    }
    let ask = Ask::get("/.well-known/oauth-protected-resource/mcp");
    let document = stage.send(&ask, None).await.json();
    assert_eq!(document["tls_client_certificate_bound_access_tokens"], json!(true));
}
