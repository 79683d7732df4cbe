//! Peers on loopback that say what they are told, whatever they are asked.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

pub(crate) struct Peer {
    address: SocketAddr,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    heads: Mutex<Vec<String>>,
}

#[derive(Clone)]
enum Then {
    Close,
    /// Takes one more request's head, says this to it and closes.
    CloseAtTheSecond(&'static str),
    Stall,
    Tunnel(SocketAddr),
}

impl Peer {
    /// Reads a request's head, sends `answer` and closes.
    pub(super) async fn answering(answer: impl Into<String>) -> Self {
        let answer = answer.into();
        Self::start(|_| answer, Then::Close).await
    }

    /// Answers the first request of each connection; once it has the second, says that to it and closes.
    pub(super) async fn closing_at_the_second(
        first: impl Into<String>,
        second: &'static str,
    ) -> Self {
        let first = first.into();
        Self::start(|_| first, Then::CloseAtTheSecond(second)).await
    }

    /// The same, with an answer that names the peer's own port.
    pub(crate) async fn answering_from(answer: impl FnOnce(u16) -> String) -> Self {
        Self::start(answer, Then::Close).await
    }

    /// Sends `answer` and then nothing, without closing.
    pub(super) async fn stalling(answer: impl Into<String>) -> Self {
        let answer = answer.into();
        Self::start(|_| answer, Then::Stall).await
    }

    /// A proxy whose tunnels all end at `to`.
    pub(super) async fn proxy(to: SocketAddr) -> Self {
        Self::start(|_| "HTTP/1.1 200 Connected\r\n\r\n".to_owned(), Then::Tunnel(to)).await
    }

    async fn start(answer: impl FnOnce(u16) -> String, then: Then) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::<Seen>::default();
        let (shared, answer) = (Arc::clone(&seen), Arc::<str>::from(answer(address.port())));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(talk(stream, Arc::clone(&answer), then.clone(), Arc::clone(&shared)));
            }
        });
        Self { address, seen }
    }

    pub(crate) fn url(&self, scheme: &str, path: &str) -> String {
        format!("{scheme}://localhost:{}{path}", self.address.port())
    }

    pub(super) fn url_at(&self, scheme: &str, host: &str) -> String {
        format!("{scheme}://{host}:{}/", self.address.port())
    }

    pub(super) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// The heads of the requests that came.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.seen.heads.lock().unwrap().clone()
    }
}

async fn talk(mut stream: TcpStream, answer: Arc<str>, then: Then, seen: Arc<Seen>) {
    if !listen(&mut stream, &seen).await {
        return;
    }
    if stream.write_all(answer.as_bytes()).await.is_err() {
        return;
    }
    match then {
        Then::Close => drop(stream.shutdown().await),
        Then::CloseAtTheSecond(second) => {
            if listen(&mut stream, &seen).await {
                drop(stream.write_all(second.as_bytes()).await);
            }
        }
        Then::Stall => std::future::pending().await,
        Then::Tunnel(to) => {
            if let Ok(mut target) = TcpStream::connect(to).await {
                drop(copy_bidirectional(&mut stream, &mut target).await);
            }
        }
    }
}

/// Reads a head: whether there was one.
async fn listen(stream: &mut TcpStream, seen: &Seen) -> bool {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return false,
        }
    }
    seen.heads.lock().unwrap().push(String::from_utf8_lossy(&head).into_owned());
    true
}
