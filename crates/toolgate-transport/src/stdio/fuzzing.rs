//! What the fuzz targets of `fuzz/` reach of this module, and nobody else.

use std::io;

use bytes::Bytes;
use tokio::io::AsyncRead;

use super::lines::{Line, Lines};

/// All lines of a stream; none for one that is longer than `most` bytes.
pub async fn lines<R: AsyncRead + Unpin>(reader: R, most: usize) -> io::Result<Vec<Option<Bytes>>> {
    let (mut lines, mut all) = (Lines::new(reader, most), Vec::new());
    while let Some(line) = lines.next().await? {
        all.push(match line {
            Line::Text(text) => Some(text),
            Line::TooLong => None,
        });
    }
    Ok(all)
}
