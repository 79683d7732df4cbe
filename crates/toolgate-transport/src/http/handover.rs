//! A stream that goes on for long and says little, written without hyper: the buffers that hyper
//! keeps for each connection would take more than everything else that the stream needs.
//!
//! HTTP/1.1 alone (RFC 9112): one answer in chunks, and then the connection is closed.

use std::{fmt::Write as _, io, time::Duration, time::SystemTime};

use bytes::{BufMut, Bytes, BytesMut};
use http::{Response, header};
use http_body_util::BodyExt;
use tokio::{net::TcpStream, time::timeout};

use super::{activity::Busy, body::Body};

/// An answer, and the connection on which its request came. Nothing of it was written yet, and all
/// before it was: hyper reads no further request until an earlier answer has gone out.
pub(super) struct Given {
    pub(super) stream: TcpStream,
    pub(super) response: Response<Body>,
    pub(super) busy: Busy,
}

/// Bytes that may come behind a request whose answer is the connection's last.
const BEHIND: usize = 64 << 10;

/// Writes an answer. Whoever reads nothing for as long as `patience` reads no more.
pub(super) async fn write(given: Given, patience: Duration) {
    let Given { stream, response, busy: _busy } = given;
    let (head, mut body) = head(response);
    let told = async {
        put(&stream, head, patience).await?;
        loop {
            let frame = tokio::select! {
                frame = body.frame() => frame,
                gone = gone(&stream) => return gone,
            };
            let Some(Ok(frame)) = frame else { break };
            if let Ok(data) = frame.into_data() {
                put(&stream, chunk(&data), patience).await?;
            }
        }
        put(&stream, Bytes::from_static(b"0\r\n\r\n"), patience).await
    };
    if told.await.is_err() {
        tracing::debug!("a connection broke off");
    }
}

/// The head as it is sent, and the body.
fn head(response: Response<Body>) -> (Bytes, Body) {
    let (parts, body) = response.into_parts();
    let status = parts.status;
    let reason = status.canonical_reason().unwrap_or_default();
    let mut text = BytesMut::with_capacity(512);
    // A `BytesMut` takes all that is written to it.
    let _ = write!(text, "HTTP/1.1 {} {reason}\r\n", status.as_str());
    for (name, value) in &parts.headers {
        // How it is framed is said below.
        if *name != header::CONTENT_LENGTH && *name != header::TRANSFER_ENCODING {
            text.put_slice(name.as_str().as_bytes());
            text.put_slice(b": ");
            text.put_slice(value.as_bytes());
            text.put_slice(b"\r\n");
        }
    }
    let date = httpdate::fmt_http_date(SystemTime::now());
    let _ = write!(text, "date: {date}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n");
    (text.freeze(), body)
}

/// One chunk; none for no data, which would end the body.
fn chunk(data: &Bytes) -> Bytes {
    if data.is_empty() {
        return Bytes::new();
    }
    let mut text = BytesMut::with_capacity(data.len() + 20);
    let _ = write!(text, "{:x}\r\n", data.len());
    text.put_slice(data);
    text.put_slice(b"\r\n");
    text.freeze()
}

async fn put(stream: &TcpStream, bytes: Bytes, patience: Duration) -> io::Result<()> {
    let mut left = &*bytes;
    while !left.is_empty() {
        timeout(patience, stream.writable()).await??;
        match stream.try_write(left) {
            Ok(written) => left = left.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Comes back when the other end has closed. What else it sends has no place here, and is dropped; a
/// little of it, since it is read without a pause for anything else.
async fn gone(stream: &TcpStream) -> io::Result<()> {
    let mut left = BEHIND;
    loop {
        stream.readable().await?;
        // Not in what waits, or each stream would carry it.
        let mut dropped = [0; 4096];
        match stream.try_read(&mut dropped) {
            Ok(0) => return Ok(()),
            Ok(read) => {
                left = left.checked_sub(read).ok_or(io::ErrorKind::InvalidData)?;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn an_answer_is_framed_in_one_way() {
        let mut response = Response::new(Body::empty());
        response.headers_mut().insert("x-a", HeaderValue::from_bytes(b"\xff b").unwrap());
        response.headers_mut().append("x-a", HeaderValue::from_static("c"));
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("7"));
        let (head, _) = head(response);
        let lines: Vec<_> = head.split(|byte| *byte == b'\n').collect();
        assert_eq!(lines[0], b"HTTP/1.1 200 OK\r");
        assert_eq!((lines[1], lines[2]), (&b"x-a: \xff b\r"[..], &b"x-a: c\r"[..]));
        assert!(lines[3].starts_with(b"date: ") && lines[3].ends_with(b" GMT\r"));
        assert!(head.ends_with(b"\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"));
        assert!(!head.windows(14).any(|it| it == b"content-length"));
        assert_eq!(
            chunk(&Bytes::from(vec![b'x'; 17])),
            [&b"11\r\n"[..], &[b'x'; 17], b"\r\n"].concat()
        );
        assert_eq!(chunk(&Bytes::new()), "");
    }
}
