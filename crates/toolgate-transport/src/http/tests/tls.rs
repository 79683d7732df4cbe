//! The listener with TLS: handshakes, versions, clients' certificates, files that change.

mod certificates;

use std::{fs, io, net::SocketAddr, path::PathBuf, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::Version;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{ClientConfig, HandshakeKind, ProtocolVersion, SupportedProtocolVersion};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use toolgate_core::{Certificates, Shutdown, Transport};

use self::certificates::{Authority, Folder, Wallet};
use super::{
    sockets::{Served, local, serve, whole, within},
    *,
};
use crate::http::{Limits, ListenError, Tls};

/// Files of a listener in a folder of their own, and the authority behind them.
struct Stage {
    folder: Folder,
    authority: Authority,
}

impl Stage {
    fn new() -> Self {
        let (folder, authority) = (Folder::new(), Authority::new());
        let stage = Self { folder, authority };
        stage.renew();
        fs::write(stage.file("ca.pem"), stage.authority.pem()).unwrap();
        stage
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.0.join(name)
    }

    /// Writes another certificate and its key, and gives the certificate.
    fn renew(&self) -> Vec<u8> {
        let leaf = self.authority.server();
        fs::write(self.file("cert.pem"), leaf.certificate.pem()).unwrap();
        fs::write(self.file("key.pem"), leaf.key.serialize_pem()).unwrap();
        leaf.certificate.der().to_vec()
    }

    fn tls(&self) -> Tls {
        Tls::pem_files(self.file("cert.pem"), self.file("key.pem"))
    }

    fn wallet(&self) -> Wallet<'_> {
        Wallet::new(&self.authority)
    }

    async fn serve(&self, tls: Tls) -> Served {
        serve(local().tls(tls).auth(Shown), tell()).await
    }
}

/// Everybody is whoever their certificate is of.
struct Shown;

impl Authenticate for Shown {
    fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict> {
        let subject = with.certificate().map_or("nobody".into(), |der| STANDARD.encode(der));
        Box::pin(async { Verdict::known(Identity::new(Key::new("tls", subject))) })
    }
}

/// A service that tells who called.
fn tell() -> Arc<Double> {
    double(open_card(), |_, cx| async move {
        let who = cx.caller().identity().map(|identity| identity.key.subject.to_string());
        Reply::of(&json!({ "who": who })).map(Running::Done)
    })
}

type Versions = &'static [&'static SupportedProtocolVersion];
const TLS12: Versions = &[&rustls::version::TLS12];
const TLS13: Versions = &[&rustls::version::TLS13];

async fn connect(addr: SocketAddr, config: Arc<ClientConfig>) -> io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(addr).await.unwrap();
    let name = "localhost".try_into().unwrap();
    within(TlsConnector::from(config).connect(name, stream)).await
}

async fn shake(addr: SocketAddr, wallet: &Wallet<'_>) -> io::Result<TlsStream<TcpStream>> {
    connect(addr, wallet.config()).await
}

/// One request on a connection of its own, in the version of HTTP that was agreed on.
async fn call(stream: TlsStream<TcpStream>) -> Option<(Version, Got)> {
    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let io = TokioIo::new(stream);
    let response = if http2 {
        let (mut send, connection) = http2::handshake(TokioExecutor::new(), io).await.ok()?;
        tokio::spawn(connection);
        within(send.send_request(list())).await.ok()?
    } else {
        let (mut send, connection) = http1::handshake(io).await.ok()?;
        tokio::spawn(connection);
        within(send.send_request(list())).await.ok()?
    };
    let version = response.version();
    Some((version, Got::from(response.map(Body::wrap)).await))
}

/// Who the server takes the client for; none where it is not let in. With TLS 1.3 a client learns of
/// that from its first read.
async fn who(addr: SocketAddr, wallet: &Wallet<'_>) -> Option<String> {
    let (_, got) = call(shake(addr, wallet).await.ok()?).await?;
    assert_eq!(got.status, 200, "{}", got.text);
    Some(got.json()["result"]["who"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn http_is_agreed_on_in_both_versions_of_tls() {
    let stage = Stage::new();
    let served = stage.serve(stage.tls()).await;
    let rows: [(&[&str], Version); 3] = [
        (&["h2", "http/1.1"], Version::HTTP_2),
        (&["http/1.1"], Version::HTTP_11),
        (&[], Version::HTTP_11),
    ];
    for (names, version) in rows {
        for (tls, name) in [(TLS12, ProtocolVersion::TLSv1_2), (TLS13, ProtocolVersion::TLSv1_3)] {
            let wallet = stage.wallet().alpn(names).versions(tls);
            let stream = shake(served.addr, &wallet).await.unwrap();
            assert_eq!(stream.get_ref().1.protocol_version(), Some(name));
            let (spoken, got) = call(stream).await.unwrap();
            assert_eq!((spoken, got.status), (version, 200), "{names:?} {}", got.text);
        }
    }
    let other = stage.wallet().alpn(&["h3"]);
    assert!(shake(served.addr, &other).await.is_err(), "nothing to agree on");
}

/// Lets nobody in without a certificate.
struct Strict;

impl Authenticate for Strict {
    fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict> {
        Shown.authenticate(with)
    }

    fn card(&self) -> ResourceCard {
        let mut card = ResourceCard::default();
        card.certificates = Certificates::Everybody;
        card
    }
}

#[tokio::test]
async fn where_nobody_is_let_in_without_a_certificate_clients_are_asked_for_one() {
    let stage = Stage::new();
    let asking = stage.tls().client_ca(stage.file("ca.pem"));
    drop(serve(local().tls(asking).auth(Strict), tell()).await);
    for http in [local().tls(stage.tls()), local()] {
        let served = http.auth(Strict).serve(tell(), Shutdown::never()).await;
        let Err(ListenError::Start(error)) = served else { panic!("it serves nobody") };
        assert!(error.to_string().contains("takes nobody without a certificate"), "{error}");
    }
}

/// Whoever does not say so in the handshake gets no HTTP/2 (RFC 9113, section 3.3).
#[tokio::test]
async fn http_2_is_spoken_where_it_was_agreed_on_alone() {
    let stage = Stage::new();
    let served = stage.serve(stage.tls()).await;
    let io = TokioIo::new(shake(served.addr, &stage.wallet().alpn(&[])).await.unwrap());
    let (mut send, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    assert!(within(send.send_request(list())).await.is_err());
}

#[tokio::test]
async fn without_tls_there_is_no_answer() {
    let stage = Stage::new();
    let served = stage.serve(stage.tls()).await;
    let mut stream = TcpStream::connect(served.addr).await.unwrap();
    stream.write_all(whole().as_bytes()).await.unwrap();
    let mut said = Vec::new();
    // It may end in a reset.
    let _ = within(stream.read_to_end(&mut said)).await;
    assert!(!said.windows(4).any(|it| it == b"HTTP"), "{said:?}");
}

#[tokio::test]
async fn whoever_never_shakes_hands_is_let_go() {
    let stage = Stage::new();
    let limits = Limits::default().handshake(Duration::from_millis(50));
    let served = serve(local().tls(stage.tls()).limits(limits), echo()).await;
    for said in [&b""[..], &[22, 3, 1, 2, 0, 1][..]] {
        let mut stream = TcpStream::connect(served.addr).await.unwrap();
        stream.write_all(said).await.unwrap();
        let _ = within(stream.read(&mut [0; 64])).await;
    }
}

#[tokio::test]
async fn a_server_that_stops_waits_for_no_handshake() {
    let stage = Stage::new();
    let limits = Limits::default().handshake(Duration::from_secs(3600));
    let limits = limits.drain(Duration::from_secs(3600));
    let served = serve(local().tls(stage.tls()).limits(limits), echo()).await;
    let _silent = TcpStream::connect(served.addr).await.unwrap();
    // Accepted in the order of coming.
    call(shake(served.addr, &stage.wallet()).await.unwrap()).await.unwrap();
    served.stop.request();
    within(served.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_certificate_is_shown_to_authenticators_once_its_key_was_proven() {
    let stage = Stage::new();
    let (ann, foreign) = (stage.authority.client(), Authority::new().client());
    let name = STANDARD.encode(ann.certificate.der());
    let rows = [
        (stage.tls(), Some("nobody"), Some("nobody"), Some("nobody")),
        (stage.tls().client_ca(stage.file("ca.pem")), Some("nobody"), Some(&*name), None),
        (stage.tls().require_client_ca(stage.file("ca.pem")), None, Some(&*name), None),
    ];
    for (at, (tls, without, with, by_another)) in rows.into_iter().enumerate() {
        let served = stage.serve(tls).await;
        for alpn in ["h2", "http/1.1"] {
            let wallet = || stage.wallet().alpn(&[alpn]);
            assert_eq!(who(served.addr, &wallet()).await.as_deref(), without, "{at}");
            assert_eq!(who(served.addr, &wallet().client(&ann)).await.as_deref(), with, "{at}");
            let got = who(served.addr, &wallet().client(&foreign)).await;
            assert_eq!(got.as_deref(), by_another, "{at}");
        }
    }
}

/// A session shows the certificate of before; by then its time may be over.
#[tokio::test]
async fn sessions_are_resumed_where_no_certificate_is_asked_for_alone() {
    let stage = Stage::new();
    let ann = stage.authority.client();
    let rows = [
        (stage.tls(), HandshakeKind::Resumed),
        (stage.tls().client_ca(stage.file("ca.pem")), HandshakeKind::Full),
    ];
    for (tls, expected) in rows {
        let served = stage.serve(tls).await;
        for version in [TLS12, TLS13] {
            // What is resumed is in it.
            let config = stage.wallet().client(&ann).versions(version).config();
            let first = connect(served.addr, config.clone()).await.unwrap();
            call(first).await.unwrap();
            let stream = connect(served.addr, config).await.unwrap();
            assert_eq!(stream.get_ref().1.handshake_kind(), Some(expected), "{version:?}");
        }
    }
}

/// The certificate that the server shows.
async fn shown(addr: SocketAddr, stage: &Stage) -> Vec<u8> {
    let stream = shake(addr, &stage.wallet()).await.unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

#[tokio::test]
async fn files_are_read_anew_on_demand_and_bad_ones_change_nothing() {
    let stage = Stage::new();
    let tls = stage.tls().watch(Duration::ZERO);
    let reload = tls.reload();
    reload.now().expect("nothing to do before it serves");
    let served = stage.serve(tls).await;
    let before = shown(served.addr, &stage).await;
    let open = shake(served.addr, &stage.wallet()).await.unwrap();
    let renewed = stage.renew();
    assert_eq!(shown(served.addr, &stage).await, before, "nobody said so");
    reload.now().unwrap();
    assert_eq!(shown(served.addr, &stage).await, renewed);
    assert_eq!(call(open).await.unwrap().1.status, 200, "an open connection goes on");
    fs::write(stage.file("key.pem"), stage.authority.server().key.serialize_pem()).unwrap();
    let error = reload.now().unwrap_err().to_string();
    assert!(error.contains("cert.pem") && error.contains("do not go together"), "{error}");
    assert_eq!(shown(served.addr, &stage).await, renewed);
}

#[tokio::test]
async fn those_who_only_begin_to_shake_hands_have_half_of_the_places() {
    let stage = Stage::new();
    let limits = Limits::default().connections(4);
    let served = serve(local().tls(stage.tls()).limits(limits).auth(Shown), tell()).await;
    // It goes on, and takes none of the places for handshakes.
    let open = shake(served.addr, &stage.wallet()).await.unwrap();
    let mut silent = Vec::new();
    for _ in 0..2 {
        silent.push(TcpStream::connect(served.addr).await.unwrap());
    }
    assert!(shake(served.addr, &stage.wallet()).await.is_err(), "there is no third");
    assert_eq!(call(open).await.unwrap().1.status, 200);
    drop(silent);
    within(async { while shake(served.addr, &stage.wallet()).await.is_err() {} }).await;
}

#[tokio::test]
async fn files_that_change_are_noticed() {
    let stage = Stage::new();
    let served = stage.serve(stage.tls().watch(Duration::from_millis(5))).await;
    let before = shown(served.addr, &stage).await;
    // In between, certificate and key do not go together.
    let renewed = stage.renew();
    assert_ne!(before, renewed);
    within(async { while shown(served.addr, &stage).await != renewed {} }).await;
}

#[tokio::test]
async fn files_that_cannot_be_used_are_told_by_name() {
    let stage = Stage::new();
    let put = |name: &str, text: &str| {
        fs::write(stage.file(name), text).unwrap();
        stage.file(name)
    };
    let file = |name: &str| stage.file(name);
    let (cert, key) = (file("cert.pem"), file("key.pem"));
    let (empty, broken) = (put("empty.pem", ""), "-----BEGIN CERTIFICATE-----\nx\n");
    let broken = put("broken.pem", broken);
    let foreign = put("foreign.pem", &stage.authority.server().key.serialize_pem());
    let gone = file("gone.pem");
    let rows = [
        (Tls::pem_files(&gone, &key), "gone.pem", "cannot be read"),
        (Tls::pem_files(&cert, &gone), "gone.pem", "cannot be read"),
        (Tls::pem_files(&empty, &key), "empty.pem", "no certificate"),
        (Tls::pem_files(&broken, &key), "broken.pem", "certificate"),
        (Tls::pem_files(&cert, &cert), "cert.pem", "no private key"),
        (Tls::pem_files(&cert, &foreign), "foreign.pem", "do not go together"),
        (stage.tls().client_ca(&gone), "gone.pem", "cannot be read"),
        (stage.tls().client_ca(&empty), "empty.pem", "no certificate"),
        (stage.tls().require_client_ca(&key), "key.pem", "no certificate"),
    ];
    for (tls, name, why) in rows {
        let error = local().tls(tls).serve(tell(), Shutdown::never()).await;
        let Err(ListenError::Start(error)) = error else { panic!("{name}: {error:?}") };
        let said = error.to_string();
        assert!(said.contains(name) && said.contains(why), "{said}");
    }
}

#[tokio::test]
async fn urls_of_a_listener_with_tls_begin_with_https() {
    let stage = Stage::new();
    let (tell, told) = oneshot::channel();
    let http = local().tls(stage.tls()).on_listen(|listening| tell.send(listening).unwrap());
    tokio::spawn(http.auth(Tokens::issued()).serve(echo(), Shutdown::never()));
    let listening = within(told).await.unwrap();
    assert_eq!(listening.endpoint, format!("https://{}/mcp", listening.addr));
    let (_, got) = call(shake(listening.addr, &stage.wallet()).await.unwrap()).await.unwrap();
    let challenge = got.header("www-authenticate");
    assert!(challenge.contains(r#"resource_metadata="https://127.0.0.1:"#), "{challenge}");
    let contradicted = local().tls(stage.tls()).public_url("http://mcp.example/mcp");
    let served = contradicted.serve(echo(), Shutdown::never());
    let error = within(served).await.unwrap_err();
    assert!(error.to_string().contains("public_url is http"), "{error}");
}

#[tokio::test]
async fn a_stream_goes_on_over_tls_until_its_reader_goes() {
    let stage = Stage::new();
    let (alive, gone) = oneshot::channel::<()>();
    let alive = Mutex::new(Some(alive));
    let double = double(open_card(), move |_, cx| {
        let alive = alive.lock().unwrap().take();
        async move {
            let (cx, notes) = cx.streaming();
            let end = async move {
                let _alive = alive;
                cx.send(Note::of("notifications/message", &json!({})).unwrap()).await.ok();
                std::future::pending().await
            };
            Ok(Running::Open { notes, end: Box::pin(end) })
        }
    });
    let served = serve(local().tls(stage.tls()), double).await;
    let wallet = stage.wallet().alpn(&["http/1.1"]);
    let mut stream = shake(served.addr, &wallet).await.unwrap();
    stream.write_all(whole().as_bytes()).await.unwrap();
    let mut text = String::new();
    while !text.contains("notifications/message") {
        let mut piece = [0; 4096];
        let count = within(stream.read(&mut piece)).await.unwrap();
        assert_ne!(count, 0, "closed after {text}");
        text += std::str::from_utf8(&piece[..count]).unwrap();
    }
    assert!(text.contains("text/event-stream"), "{text}");
    drop(stream);
    within(gone).await.expect_err("the call was given up");
}

#[test]
fn the_environment_names_files() {
    use toolgate_core::env::Env;
    let read = |env| Tls::from_env(&env).map(|tls| tls.map(|tls| format!("{tls:?}")));
    assert_eq!(read(Env::of([])).unwrap(), None);
    let both = [("TOOLGATE_TLS_CERT", "c.pem"), ("TOOLGATE_TLS_KEY", "k.pem")];
    let text = read(Env::of(both)).unwrap().unwrap();
    assert!(text.contains("c.pem") && text.contains("k.pem") && text.contains("NotAsked"));
    let [cert, key] = both;
    let clients = ("TOOLGATE_TLS_CLIENT_CA", "ca.pem");
    let text = read(Env::of([cert, key, clients])).unwrap().unwrap();
    assert!(text.contains(r#"Asked("ca.pem")"#), "{text}");
    for half in [cert, key, clients] {
        let error = read(Env::of([half])).unwrap_err().to_string();
        assert!(
            error.contains("TOOLGATE_TLS_CERT") && error.contains("TOOLGATE_TLS_KEY"),
            "{error}"
        );
    }
}
