//! The hash of a key, which is compared in constant time and not otherwise.

use std::fmt;

use subtle::ConstantTimeEq;

/// SHA-256 (FIPS 180-4) of a whole key. Without `==`, which would tell by its time how many bytes
/// are right.
#[derive(Clone, Copy)]
pub(crate) struct Digest(pub(super) [u8; 32]);

impl Digest {
    /// What no key has for its digest, as far as anybody can find one.
    pub(super) const NONE: Self = Self([0; 32]);

    /// The digest of a key as it is sent.
    pub(crate) fn of(key: &[u8]) -> Self {
        #[cfg(test)]
        work::HASHED.with(|count| count.set(count.get() + 1));
        let mut digest = [0; 32];
        digest.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, key).as_ref());
        Self(digest)
    }

    /// Whether the two are equal, in a time that does not depend on them.
    pub(crate) fn matches(&self, other: &Self) -> bool {
        #[cfg(test)]
        work::COMPARED.with(|count| count.set(count.get() + 1));
        self.0.ct_eq(&other.0).into()
    }

    /// The digest that `text` writes in hexadecimal.
    pub(super) fn from_hex(text: &str) -> Option<Self> {
        let mut digest = [0; 32];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != digest.len() || !rest.is_empty() {
            return None;
        }
        let value = |digit: u8| char::from(digit).to_digit(16).and_then(|it| u8::try_from(it).ok());
        for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
            *byte = value(*high)? * 16 + value(*low)?;
        }
        Some(Self(digest))
    }

    /// The digest in hexadecimal.
    pub(super) fn to_hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(..)")
    }
}

/// How often this thread has hashed and compared, so that tests can see that neither is left out.
#[cfg(test)]
pub(super) mod work {
    use std::cell::Cell;

    thread_local! {
        pub(super) static HASHED: Cell<usize> = const { Cell::new(0) };
        pub(super) static COMPARED: Cell<usize> = const { Cell::new(0) };
    }

    pub(in crate::api_keys) fn done() -> (usize, usize) {
        (HASHED.get(), COMPARED.get())
    }
}
