//! Several messages in one body (2025-03-26, "JSON-RPC", "Batching").

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};
use serde::{
    Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

/// The most messages that a batch may have here, whatever carries it.
pub const MOST: usize = 32;

/// Whether a body is an array.
pub fn is_batch(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'[')
}

/// Why a body is not taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadBatch {
    /// It is not JSON.
    NotJson,
    /// It is empty, which JSON-RPC 2.0, section 6, forbids.
    Empty,
    /// It has more messages than allowed.
    TooLong,
}

/// The messages of a batch, sharing its bytes. None of them has been looked at.
///
/// # Errors
/// When it is no array, is empty or has more than [`MOST`] messages.
pub fn split(body: &Bytes) -> Result<Vec<Bytes>, BadBatch> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let (parts, more) = deserializer.deserialize_seq(Parts(MOST)).map_err(|_| BadBatch::NotJson)?;
    deserializer.end().map_err(|_| BadBatch::NotJson)?;
    match parts.len() {
        _ if more => Err(BadBatch::TooLong),
        0 => Err(BadBatch::Empty),
        _ => Ok(parts.into_iter().map(|part| body.slice_ref(part.get().as_bytes())).collect()),
    }
}

/// Answers as one array.
pub fn join(answers: &[Bytes]) -> Bytes {
    let len = answers.iter().map(|answer| answer.len() + 1).sum::<usize>();
    let mut text = BytesMut::with_capacity(len + 1);
    for (index, answer) in answers.iter().enumerate() {
        text.put_u8(if index == 0 { b'[' } else { b',' });
        text.put_slice(answer);
    }
    text.put_u8(b']');
    text.freeze()
}

/// So many elements, and whether there are more. Those are counted and not kept: two bytes of a
/// body would else cost sixteen of memory.
struct Parts(usize);

impl<'de> Visitor<'de> for Parts {
    type Value = (Vec<&'de RawValue>, bool);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut parts = Vec::new();
        while parts.len() < self.0 {
            match seq.next_element()? {
                Some(part) => parts.push(part),
                None => return Ok((parts, false)),
            }
        }
        let mut more = false;
        while seq.next_element::<IgnoredAny>()?.is_some() {
            more = true;
        }
        Ok((parts, more))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_taken_apart_within_bounds() {
        let split = |body: &str| split(&Bytes::copy_from_slice(body.as_bytes()));
        assert_eq!(split(" [ {\"a\":1} , 2 ]").unwrap(), ["{\"a\":1}", "2"]);
        assert_eq!(split("[]"), Err(BadBatch::Empty));
        let many = |count| format!("[{}]", vec!["1"; count].join(","));
        assert_eq!(split(&many(MOST)).map(|parts| parts.len()), Ok(MOST));
        assert_eq!(split(&many(MOST + 1)), Err(BadBatch::TooLong));
        assert_eq!(split("[1,"), Err(BadBatch::NotJson));
        assert_eq!(split("{}"), Err(BadBatch::NotJson));
        assert_eq!(join(&[Bytes::from_static(b"1"), Bytes::from_static(b"{}")]), "[1,{}]");
        assert!(is_batch(b"\n [") && !is_batch(b"{[") && !is_batch(b""));
    }
}
