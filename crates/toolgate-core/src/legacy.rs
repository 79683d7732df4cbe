//! The era before 2026-07-28: so far, only enough to turn it away by name.

use std::borrow::Cow;

use toolgate_protocol::Params;

/// The request that opened a session in the old era.
pub(crate) const HANDSHAKE: &str = "initialize";

/// Whether a method is the old era's handshake.
pub(crate) fn is_handshake(method: &str) -> bool {
    method == HANDSHAKE
}

/// The revision that a handshake asks for.
pub(crate) fn requested<'a>(params: &Params<'a>) -> Cow<'a, str> {
    params.text("protocolVersion").unwrap_or_default()
}
