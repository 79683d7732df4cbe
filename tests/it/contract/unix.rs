//! The example's transport, over real sockets.

use std::{
    path::{Path, PathBuf},
    process,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};
use toolgate_core::{Authenticate, BoxFuture};
use toolgate_testkit::contract::{self, Broken, Dial, Event};

use super::{
    Line, Wire,
    custom_transport::{
        frames::{Reader, Writer, connect},
        transport::UnixTransport,
    },
};

#[tokio::test]
async fn the_example_keeps_its_contract() -> Result<(), Broken> {
    contract::transport(make).check().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_keeps_its_contract_on_threads() -> Result<(), Broken> {
    contract::transport(make).check().await
}

fn make(auth: Arc<dyn Authenticate>) -> (UnixTransport, Socket) {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("tg-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let path = std::env::temp_dir().join(name);
    (UnixTransport::bind(&path, auth).expect("a free path"), Socket(path))
}

struct Socket(PathBuf);

impl Drop for Socket {
    fn drop(&mut self) {
        // A server that was aborted has left it behind.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Dial for Socket {
    type Client = Line<Framed>;

    fn connect<'a>(&'a self, token: Option<&'a str>) -> BoxFuture<'a, Result<Line<Framed>, Event>> {
        Box::pin(async move {
            let (reader, writer) = connect(&self.0, token).await.map_err(|_| Event::Closed)?;
            Ok(Line::new(Framed { reader, writer }))
        })
    }

    fn garble<'a>(&'a self, token: &'a str, bytes: &'a [u8]) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let (mut reader, writer) = connect(&self.0, Some(token)).await.expect("a server");
            writer.send(bytes).await.expect("a frame of its own");
            // Answered, or closed.
            let _ = reader.next().await;
            drop((reader, writer));
            let framed = [&u32::try_from(bytes.len()).expect("few").to_be_bytes(), bytes].concat();
            // In place of the credentials, and in place of a frame.
            for bytes in [&framed, bytes] {
                raw(&self.0, bytes).await;
            }
        })
    }
}

/// Sends these bytes and nothing more, and reads until the server closes.
async fn raw(path: &Path, bytes: &[u8]) {
    let mut stream = UnixStream::connect(path).await.expect("a server");
    // A server may well have closed while this is written.
    if stream.write_all(bytes).await.is_ok() && stream.shutdown().await.is_ok() {
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
}

struct Framed {
    reader: Reader,
    writer: Writer,
}

impl Wire for Framed {
    async fn send(&mut self, request: &Value) -> Option<()> {
        self.writer.send(request.to_string().as_bytes()).await.ok()
    }

    async fn next(&mut self) -> Option<Value> {
        let frame = self.reader.next().await.ok()??;
        Some(serde_json::from_slice(&frame).expect("JSON in each frame"))
    }
}
