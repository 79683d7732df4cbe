//! The page's own origin: two files, to whoever asks for them.

use std::time::Duration;

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    time::timeout,
};

const PAGE: &str = include_str!("page/index.html");
const SCRIPT: &str = include_str!("page/login.js");

/// Which scripts run. Whom they may ask is not known here: the page finds that out.
const POLICY: &str =
    "script-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// Answers until the process ends. For development: one request a connection.
pub(crate) async fn serve(listener: TcpListener) {
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(timeout(Duration::from_secs(10), answer(stream)));
        }
    }
}

async fn answer(stream: TcpStream) -> std::io::Result<()> {
    let mut head = BufReader::new(stream.take(16 * 1024)).lines();
    let asked = head.next_line().await?.unwrap_or_default();
    while head.next_line().await?.is_some_and(|line| !line.is_empty()) {}
    let path = asked.split(' ').nth(1).unwrap_or_default();
    let (status, kind, body) = match path.split('?').next() {
        Some("/") => ("200 OK", "text/html", PAGE),
        Some("/login.js") => ("200 OK", "text/javascript", SCRIPT),
        _ => ("404 Not Found", "text/plain", "there is no such page"),
    };
    let length = body.len();
    // A code for a token stands in the page's address for a moment, and a token in its storage: nobody
    // is told of the one, and no other script gets to the other.
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {length}\r\n\
         Content-Security-Policy: {POLICY}\r\nReferrer-Policy: no-referrer\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n{body}"
    );
    let mut stream = head.into_inner().into_inner().into_inner();
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}
