//! Writing lines: one writer, and a bounded queue in front of it.

use std::{future::Future, io};

use bytes::Bytes;
use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    sync::mpsc,
};

/// Messages that wait to be written before whoever sends has to wait too.
const WAITING: usize = 32;

/// Up to this many bytes of waiting messages are written at once.
const GATHER: usize = 64 << 10;

/// Where messages are sent. Clones lead to the same writer, which ends with the last of them.
#[derive(Clone, Debug)]
pub(crate) struct Outbox(mpsc::Sender<Bytes>);

/// Room for one message.
#[derive(Debug)]
pub(crate) struct Place<'a>(mpsc::Permit<'a, Bytes>);

/// An outbox, and the writing behind it.
pub(crate) fn outbox<W>(writer: W) -> (Outbox, impl Future<Output = io::Result<()>>)
where
    W: AsyncWrite + Unpin,
{
    let (sender, messages) = mpsc::channel(WAITING);
    (Outbox(sender), write(writer, messages))
}

impl Outbox {
    /// Waits for room; none once nobody reads any more. Cancel-safe.
    pub(crate) async fn place(&self) -> Option<Place<'_>> {
        self.0.reserve().await.ok().map(Place)
    }

    /// Comes back once nobody reads any more. Cancel-safe.
    pub(crate) async fn closed(&self) {
        self.0.closed().await;
    }
}

impl Place<'_> {
    pub(crate) fn put(self, message: Bytes) {
        self.0.send(message);
    }
}

async fn write<W>(mut writer: W, mut messages: mpsc::Receiver<Bytes>) -> io::Result<()>
where
    W: AsyncWrite + Unpin,
{
    let mut lines = Vec::new();
    while let Some(message) = messages.recv().await {
        line(&mut lines, &message);
        while lines.len() < GATHER {
            let Ok(message) = messages.try_recv() else { break };
            line(&mut lines, &message);
        }
        writer.write_all(&lines).await?;
        writer.flush().await?;
        lines.clear();
        lines.shrink_to(GATHER);
    }
    Ok(())
}

/// One message, one line: in JSON a bare line break is nothing but space.
fn line(lines: &mut Vec<u8>, message: &[u8]) {
    let flat = |byte: &u8| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte };
    lines.extend(message.iter().map(flat));
    lines.push(b'\n');
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn each_message_is_one_line_whatever_is_in_it() {
        let (server, mut client) = tokio::io::duplex(1 << 20);
        let (out, writing) = outbox(server);
        for message in ["{\"a\":\n1}", "{\r\n}"] {
            out.place().await.unwrap().put(message.into());
        }
        drop(out);
        writing.await.unwrap();
        let mut text = String::new();
        client.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "{\"a\": 1}\n{  }\n");
    }

    #[tokio::test]
    async fn a_reader_that_does_not_read_is_waited_for() {
        let (server, client) = tokio::io::duplex(16);
        let (out, writing) = outbox(server);
        let mut writing = Box::pin(writing);
        let mut sent = 0;
        while let Some(place) = out.place().now_or_never() {
            place.unwrap().put(Bytes::from_static(b"{}"));
            sent += 1;
            assert!((&mut writing).now_or_never().is_none());
            assert!(sent < 1000, "the queue has no bound");
        }
        // Whoever goes away ends the writing, and those who wait learn of it.
        drop(client);
        assert_eq!(writing.await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert!(out.place().await.is_none());
        out.closed().await;
    }
}
