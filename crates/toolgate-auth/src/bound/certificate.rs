//! Tokens that are bound to the certificate of a connection (RFC 8705, section 3).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use toolgate_core::Certificates;

use crate::rules::{Fault, Rule, Rules};

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

impl Mtls {
    /// Who has to show one.
    pub(super) fn certificates(self) -> Certificates {
        match self {
            Self::Off => Certificates::Nobody,
            Self::Allowed => Certificates::Some,
            Self::Required => Certificates::Everybody,
        }
    }
}

/// Whether a connection has shown the certificate of this thumbprint.
pub(super) fn judge(thumbprint: &str, shown: Option<&[u8]>, rules: Rules) -> Result<(), Fault> {
    rules.require(Rule::Certificate, shown.map(of).as_deref() == Some(thumbprint))
}

/// The thumbprint of a certificate, DER: `x5t#S256` (RFC 8705, section 3.1).
pub(crate) fn of(der: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, der))
}
