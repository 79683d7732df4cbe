//! Lines on standard input are the same however they arrive, and none is kept that is too long.
//!
//! An input is the most bytes that a line may have, and what is read, in pieces between NULs.
#![no_main]

use std::{
    io,
    pin::Pin,
    sync::LazyLock,
    task::{Context, Poll},
};

use libfuzzer_sys::fuzz_target;
use tokio::{
    io::{AsyncRead, ReadBuf},
    runtime::Runtime,
};
use toolgate_transport::stdio::fuzzing;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_current_thread().build().expect("a runtime"));

fuzz_target!(|data: &[u8]| {
    let Some((most, data)) = data.split_first() else { return };
    let most = usize::from(*most);
    let pieces = data.split(|byte| *byte == 0).filter(|piece| !piece.is_empty());
    let whole = pieces.clone().collect::<Vec<_>>().concat();
    let reader = Pieces(pieces.map(<[u8]>::to_vec).rev().collect());
    let lines = RUNTIME.block_on(fuzzing::lines(reader, most)).expect("nothing fails here");
    let lines: Vec<Option<&[u8]>> = lines.iter().map(Option::as_deref).collect();
    assert_eq!(lines, expected(&whole, most));
});

/// The lines of a text that is there as a whole.
fn expected(text: &[u8], most: usize) -> Vec<Option<&[u8]>> {
    let lines = text.split(|byte| *byte == b'\n').map(|line| match line.trim_ascii() {
        _ if line.len() > most => None,
        line => Some(line),
    });
    lines.filter(|line| line.is_none_or(|line| !line.is_empty())).collect()
}

/// Gives a piece at a time, the last one first.
struct Pieces(Vec<Vec<u8>>);

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(mut piece) = self.0.pop() {
            let rest = piece.split_off(piece.len().min(buffer.remaining()));
            buffer.put_slice(&piece);
            self.0.extend(Some(rest).filter(|rest| !rest.is_empty()));
        }
        Poll::Ready(Ok(()))
    }
}
