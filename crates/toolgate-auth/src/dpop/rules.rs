//! The rules that a proof has to keep, by name.

/// One rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// A JWT in the form that tokens have to have: length, parts, encoding, members once.
    Form,
    /// `typ` is `dpop+jwt`.
    Type,
    /// No critical extension: none is known here.
    Critical,
    /// An asymmetric algorithm that is known.
    Algorithm,
    /// A public key, fit for the algorithm.
    Key,
    /// Signed by the key that it brings.
    Signature,
    /// `htm` is the request's method.
    Method,
    /// `htu` is the request's target.
    Target,
    /// `iat` is about now.
    Issued,
    /// `ath` is the hash of the token.
    Token,
    /// The key is the one that the token is bound to.
    Thumbprint,
    /// `jti` is given, and of a reasonable length.
    Id,
    /// `nonce`, where given, is a text.
    Nonce,
    /// `nonce` is one of this server's and still counts, where such are asked for.
    Fresh,
}

/// A rule that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault(pub(super) Broken);

impl Fault {
    /// What a peer is told.
    pub(super) fn message(self) -> &'static str {
        match self.0 {
            Broken::Form => "the proof is not a well-formed JWT",
            Broken::Type => "the proof is of another type",
            Broken::Critical => "the proof uses an extension that is not known",
            Broken::Algorithm => "the proof's algorithm is not accepted",
            Broken::Key => "the proof brings no key that can be used",
            Broken::Signature => "the proof's signature is wrong",
            Broken::Method => "the proof is for another method",
            Broken::Target => "the proof is for another URL",
            Broken::Issued => "the proof is too old, or not valid yet",
            Broken::Token => "the proof is for another token",
            Broken::Thumbprint => "the token is bound to another key",
            Broken::Id => "the proof has no usable `jti`",
            Broken::Nonce => "the proof's nonce cannot be read",
            Broken::Fresh => "the proof needs a nonce of this server's",
        }
    }
}

/// A rule that a test leaves out, to show that it is what refuses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Off {
    #[cfg(test)]
    rule: Option<Broken>,
}

impl Off {
    pub(super) const NONE: Self = Self {
        #[cfg(test)]
        rule: None,
    };

    #[cfg(test)]
    pub(super) fn only(rule: Broken) -> Self {
        Self { rule: Some(rule) }
    }

    /// Refuses in the name of `rule` unless it `holds`.
    pub(super) fn require(self, rule: Broken, holds: bool) -> Result<(), Fault> {
        #[cfg(test)]
        let holds = holds || self.rule == Some(rule);
        if holds { Ok(()) } else { Err(Fault(rule)) }
    }
}
