//! The era before 2026-07-28: so far, only enough to turn it away by name.

/// The request that opened a session in the old era.
pub(crate) const HANDSHAKE: &str = "initialize";

/// Whether a method is the old era's handshake.
pub(crate) fn is_handshake(method: &str) -> bool {
    method == HANDSHAKE
}
