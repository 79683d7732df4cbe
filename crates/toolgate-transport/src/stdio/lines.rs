//! Reading lines, each bounded in length.

use std::{io, mem};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

/// How much is read at a time, and kept ready for it.
const CHUNK: usize = 16 << 10;

/// The lines of a stream.
pub(crate) struct Lines<R> {
    reader: R,
    /// What was read and belongs to no line yet.
    buffer: BytesMut,
    /// How much of that is known to have no end of a line.
    searched: usize,
    most: usize,
    /// Whether the line that is coming was told to be too long.
    skipping: bool,
    ended: bool,
}

/// What a line is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Without its end and space around it, and not empty.
    Text(Bytes),
    /// Longer than allowed. None of it is kept.
    TooLong,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    /// Lines of up to `most` bytes.
    pub(crate) fn new(reader: R, most: usize) -> Self {
        let buffer = BytesMut::new();
        Self { reader, buffer, searched: 0, most, skipping: false, ended: false }
    }

    /// The next line; none at the end. The last one may lack its end. Cancel-safe.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            if let Some(line) = self.take() {
                return Ok(Some(line));
            }
            if self.ended {
                return Ok(None);
            }
            self.buffer.reserve(CHUNK);
            self.ended = self.reader.read_buf(&mut self.buffer).await? == 0;
        }
    }

    /// A line out of what was read.
    fn take(&mut self) -> Option<Line> {
        loop {
            let unseen = self.buffer.get(self.searched..).unwrap_or_default();
            let end = unseen.iter().position(|byte| *byte == b'\n').map(|at| self.searched + at);
            let length = end.unwrap_or(self.buffer.len());
            let is_long = length > self.most;
            if end.is_none() && !is_long && !self.skipping && !self.ended {
                self.searched = length;
                return None;
            }
            let was_told = mem::replace(&mut self.skipping, end.is_none());
            match self.cut(length, end.is_some()) {
                _ if was_told => {}
                _ if is_long => return Some(Line::TooLong),
                line if !line.is_empty() => return Some(Line::Text(line)),
                _ => {}
            }
            end?;
        }
    }

    /// Takes so much off the buffer, and what ends it. Copied, so that a request that runs for long
    /// holds its own bytes and none of its neighbours'.
    fn cut(&mut self, length: usize, ended: bool) -> Bytes {
        let line = self.buffer.get(..length).unwrap_or_default();
        let line = Bytes::copy_from_slice(line.trim_ascii());
        self.buffer.advance(length + usize::from(ended));
        self.searched = 0;
        if self.buffer.is_empty() && self.buffer.capacity() > 4 * CHUNK {
            self.buffer = BytesMut::new();
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    async fn lines(pieces: &[&[u8]], most: usize) -> Vec<String> {
        let (mut client, server) = tokio::io::duplex(1 << 20);
        let mut lines = Lines::new(server, most);
        for piece in pieces {
            client.write_all(piece).await.unwrap();
        }
        drop(client);
        let mut got = Vec::new();
        while let Some(line) = lines.next().await.unwrap() {
            got.push(match line {
                Line::Text(text) => String::from_utf8_lossy(&text).into_owned(),
                Line::TooLong => "too long".to_owned(),
            });
        }
        assert!(lines.buffer.is_empty());
        got
    }

    #[tokio::test]
    async fn lines_are_cut_at_their_ends_and_empty_ones_are_none() {
        let rows: &[(&[&[u8]], &[&str])] = &[
            (&[b"one\ntwo\r\n"], &["one", "two"]),
            (&[b"on", b"e\nt", b"wo\n"], &["one", "two"]),
            (&[b"\n \r\n\n", b"one\n\n"], &["one"]),
            (&[b"one\nthe last"], &["one", "the last"]),
            (&[b""], &[]),
        ];
        for (pieces, expected) in rows {
            assert_eq!(lines(pieces, 99).await, *expected, "{pieces:?}");
        }
    }

    #[tokio::test]
    async fn what_is_too_long_is_told_once_and_skipped_to_its_end() {
        let rows: &[(&[&[u8]], &[&str])] = &[
            (&[b"1234\n12345\n1\n"], &["1234", "too long", "1"]),
            (&[b"12345", b"67", b"890\n", b"1\n"], &["too long", "1"]),
            (&[b"12345", b"67"], &["too long"]),
            (&[b"123456\n123456\n"], &["too long", "too long"]),
        ];
        for (pieces, expected) in rows {
            assert_eq!(lines(pieces, 4).await, *expected, "{pieces:?}");
        }
    }

    #[tokio::test]
    async fn a_line_without_end_is_told_before_it_ends_and_kept_by_nobody() {
        let (mut client, server) = tokio::io::duplex(1 << 20);
        let mut lines = Lines::new(server, 1000);
        client.write_all(&[b'x'; 1001]).await.unwrap();
        assert_eq!(lines.next().await.unwrap(), Some(Line::TooLong));
        client.write_all(&vec![b'x'; 500_000]).await.unwrap();
        client.write_all(b"\nnext\n").await.unwrap();
        let next = Line::Text(Bytes::from_static(b"next"));
        assert_eq!(lines.next().await.unwrap(), Some(next));
        assert!(lines.buffer.capacity() <= 8 * CHUNK, "{}", lines.buffer.capacity());
    }
}
