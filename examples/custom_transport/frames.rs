//! Frames: four bytes of length, most significant first, and so many bytes.

use std::{io, mem, path::Path, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::Mutex,
    time::timeout,
};
use toolgate::protocol::Json;

/// The longest frame that is read.
const LONGEST: usize = 1 << 20;

/// For a first frame, for a reader that does not read, and for running calls in the end.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The two sides of a connection.
pub(crate) fn split(stream: UnixStream) -> (Reader, Writer) {
    let (reader, writer) = stream.into_split();
    (Reader { stream: reader, buffer: Vec::new() }, Writer(Mutex::new(writer)))
}

/// Reads frames.
pub(crate) struct Reader {
    stream: OwnedReadHalf,
    buffer: Vec<u8>,
}

impl Reader {
    /// The next frame; none where the connection ends between two. Cancel-safe: a part is kept.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some((length, rest)) = self.buffer.split_first_chunk() {
                let length = u32::from_be_bytes(*length) as usize;
                if length > LONGEST {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                if rest.len() >= length {
                    let rest = self.buffer.split_off(4 + length);
                    return Ok(Some(mem::replace(&mut self.buffer, rest).split_off(4)));
                }
            }
            self.buffer.reserve(4096);
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                let whole = self.buffer.is_empty();
                return if whole { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        }
    }
}

/// Writes frames, one after the other.
pub(crate) struct Writer(Mutex<OwnedWriteHalf>);

impl Writer {
    /// Comes back once the frame is written; with an error when nobody reads for too long. Part of
    /// it may then be written, so that nothing can follow.
    pub(crate) async fn send(&self, frame: &[u8]) -> io::Result<()> {
        let length = u32::try_from(frame.len()).map_err(io::Error::other)?;
        let written = async {
            let mut stream = self.0.lock().await;
            stream.write_all(&length.to_be_bytes()).await?;
            stream.write_all(frame).await
        };
        timeout(PATIENCE, written).await?
    }
}

/// Connects, as whoever has the token: the calling end, as much as a demonstration needs.
pub(crate) async fn connect(path: &Path, token: Option<&str>) -> io::Result<(Reader, Writer)> {
    let (reader, writer) = split(UnixStream::connect(path).await?);
    let field = token.map(|token| ("authorization", format!("Bearer {token}")));
    let fields: Vec<_> = field.into_iter().collect();
    writer.send(Json::of(&fields)?.as_bytes()).await?;
    Ok((reader, writer))
}
