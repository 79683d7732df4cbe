//! What signed tokens are made of (RFC 7515, 7517, 7518): algorithms, keys, and the compact form. Whether
//! one is let in is judged elsewhere.

mod algorithm;
mod key;
mod keyset;
mod token;

pub use self::algorithm::Algorithm;
pub(crate) use self::{
    key::Key,
    keyset::KeySet,
    token::{MAX_TOKEN, Split, Unverified, has_form, split},
};
#[cfg(test)]
pub(crate) use self::{key::Skip, keyset::MAX_ATTEMPTS};
