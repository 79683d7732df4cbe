//! This process's standard input and output, taken away from everybody else in it.
//!
//! Each is read and written by a thread of its own. A runtime that ends waits for its blocking
//! threads, and so, with tokio's own `stdin()`, for a line that may never come; nobody waits for
//! these.

use std::{
    io::{self, Read, Write},
    mem,
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll, ready},
    thread,
};

use bytes::{Buf, Bytes};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::mpsc,
};

/// How much is read at a time.
const CHUNK: usize = 64 << 10;

/// Input and output, for as long as the process lives: what prints late, prints elsewhere.
///
/// # Errors
/// When they were taken before, or the system gives no descriptors.
pub(crate) fn take() -> io::Result<(Input, Output)> {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    if TAKEN.swap(true, Ordering::Relaxed) {
        return Err(io::Error::other("they are served already"));
    }
    let (input, output) = system::take()?;
    Ok((Input::of(input)?, Output::of(output)?))
}

#[cfg(unix)]
mod system {
    use std::{
        fs::File,
        io::{self, Read, Write},
        os::fd::AsFd,
    };

    use rustix::{
        event::{PollFd, PollFlags, poll},
        stdio::{dup2_stdin, dup2_stdout},
    };

    pub(super) fn take() -> io::Result<(impl Read, impl Write)> {
        // The copies are closed in child processes, so none holds the output open.
        let input = io::stdin().as_fd().try_clone_to_owned()?;
        let output = io::stdout().as_fd().try_clone_to_owned()?;
        dup2_stdin(File::open("/dev/null")?)?;
        dup2_stdout(io::stderr())?;
        Ok((Patient(input.into()), Patient(output.into())))
    }

    /// A file that may have been left in non-blocking mode by whoever shares it.
    pub(super) struct Patient(pub(super) File);

    impl Patient {
        fn until<T>(
            &mut self,
            ready: PollFlags,
            mut act: impl FnMut(&mut File) -> io::Result<T>,
        ) -> io::Result<T> {
            loop {
                match act(&mut self.0) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        poll(&mut [PollFd::new(&self.0, ready)], None)?;
                    }
                    done => return done,
                }
            }
        }
    }

    impl Read for Patient {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.until(PollFlags::IN, |file| file.read(buffer))
        }
    }

    impl Write for Patient {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.until(PollFlags::OUT, |file| file.write(bytes))
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::io::{self, Read, Write};

    /// Others still have them, too.
    pub(super) fn take() -> io::Result<(impl Read, impl Write)> {
        Ok((io::stdin(), io::stdout()))
    }
}

/// What a thread reads.
pub(crate) struct Input {
    chunks: mpsc::Receiver<io::Result<Bytes>>,
    /// What was read and not asked for yet.
    left: Bytes,
}

impl Input {
    fn of(mut reader: impl Read + Send + 'static) -> io::Result<Self> {
        let (sender, chunks) = mpsc::channel(1);
        let read = move || {
            let mut buffer = vec![0; CHUNK];
            loop {
                let read = match reader.read(&mut buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Ok(0) => return,
                    Ok(length) => {
                        Ok(Bytes::copy_from_slice(buffer.get(..length).unwrap_or_default()))
                    }
                    Err(error) => Err(error),
                };
                // Waits while nobody asks for more, and ends when nobody ever will.
                let broken = read.is_err();
                if sender.blocking_send(read).is_err() || broken {
                    return;
                }
            }
        };
        thread::Builder::new().name("toolgate-stdin".into()).spawn(read)?;
        Ok(Self { chunks, left: Bytes::new() })
    }
}

impl AsyncRead for Input {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left.is_empty() {
            match ready!(self.chunks.poll_recv(cx)) {
                Some(chunk) => self.left = chunk?,
                None => return Poll::Ready(Ok(())),
            }
        }
        let length = self.left.len().min(buffer.remaining());
        buffer.put_slice(self.left.get(..length).unwrap_or_default());
        self.left.advance(length);
        Poll::Ready(Ok(()))
    }
}

/// What a thread writes, one piece at a time.
pub(crate) struct Output {
    pieces: mpsc::Sender<Bytes>,
    written: mpsc::Receiver<io::Result<()>>,
    busy: bool,
}

impl Output {
    fn of(mut writer: impl Write + Send + 'static) -> io::Result<Self> {
        let (pieces, mut todo) = mpsc::channel::<Bytes>(1);
        let (done, written) = mpsc::channel(1);
        let write = move || {
            while let Some(piece) = todo.blocking_recv() {
                let wrote = writer.write_all(&piece).and_then(|()| writer.flush());
                if done.blocking_send(wrote).is_err() {
                    return;
                }
            }
        };
        thread::Builder::new().name("toolgate-stdout".into()).spawn(write)?;
        Ok(Self { pieces, written, busy: false })
    }

    /// Waits until the piece before is written.
    fn settle(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !mem::take(&mut self.busy) {
            return Poll::Ready(Ok(()));
        }
        match self.written.poll_recv(cx) {
            Poll::Ready(wrote) => Poll::Ready(wrote.unwrap_or_else(|| Err(gone()))),
            Poll::Pending => {
                self.busy = true;
                Poll::Pending
            }
        }
    }
}

impl AsyncWrite for Output {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.settle(cx))?;
        // There is room: the thread has told that it has nothing to do.
        self.pieces.try_send(Bytes::copy_from_slice(bytes)).map_err(|_| gone())?;
        self.busy = true;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.settle(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

fn gone() -> io::Error {
    io::ErrorKind::BrokenPipe.into()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::{os::fd::OwnedFd, os::unix::net::UnixStream};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn pair() -> (UnixStream, system::Patient) {
        let (near, far) = UnixStream::pair().unwrap();
        far.set_nonblocking(true).unwrap();
        (near, system::Patient(OwnedFd::from(far).into()))
    }

    #[tokio::test]
    async fn a_thread_reads_even_what_was_left_non_blocking() {
        let (mut near, far) = pair();
        let mut input = Input::of(far).unwrap();
        let mut first = [0; 3];
        let (read, wrote) = tokio::join!(input.read_exact(&mut first), async {
            // The reader has found nothing by now, or soon will.
            tokio::task::yield_now().await;
            near.write_all(b"one two")
        });
        read.and(wrote.map(|()| 0)).unwrap();
        drop(near);
        let mut rest = String::new();
        input.read_to_string(&mut rest).await.unwrap();
        assert_eq!((&first, &*rest), (b"one", " two"));
    }

    #[tokio::test]
    async fn flushed_is_written_and_a_reader_that_is_gone_is_an_error() {
        let (mut near, far) = pair();
        let mut output = Output::of(far).unwrap();
        let long = vec![b'x'; 1 << 20];
        let reading = thread::spawn(move || {
            let mut got = vec![0; 1 << 20];
            near.read_exact(&mut got).map(|()| got)
        });
        output.write_all(&long).await.unwrap();
        output.flush().await.unwrap();
        assert!(reading.join().unwrap().unwrap() == long);
        // It has taken its end with it.
        output.write_all(b"x").await.unwrap();
        assert_eq!(output.flush().await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
