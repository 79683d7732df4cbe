//! Tokens that are bound to the certificate of a connection (RFC 8705, section 3).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use toolgate_core::{Credentials, Verdict};

use crate::jwt::{judge::refusal, rules::Rule};

/// What is made of tokens that are bound to a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mtls {
    /// They are refused: nobody looks at certificates.
    #[default]
    Off,
    /// They are accepted over connections with that certificate, beside others.
    Allowed,
    /// No others are.
    Required,
}

/// Whether a request came with the certificate of this thumbprint.
pub(super) fn shown(thumbprint: &str, with: &Credentials) -> Result<(), Verdict> {
    let shown = with.certificate().map(of);
    if shown.as_deref() == Some(thumbprint) {
        return Ok(());
    }
    Err(refusal(Rule::Certificate, &[]).into())
}

/// The thumbprint of a certificate, DER: `x5t#S256` (RFC 8705, section 3.1).
pub(crate) fn of(der: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, der))
}
