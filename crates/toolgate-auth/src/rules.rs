//! The rules that a token has to keep, by name, and the refusal of one that breaks them.

use toolgate_core::Refusal;

/// One rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Not longer than [`MAX_TOKEN`](crate::jose::MAX_TOKEN).
    Length,
    /// Three parts (RFC 7515, section 7.1).
    Parts,
    /// Base64url without padding and without stray bits (RFC 7515, section 2).
    Encoding,
    /// Header and claims are JSON objects. Nothing to switch off: there would be nothing to judge.
    Readable,
    /// No member twice (RFC 7515, section 4; RFC 7519, section 4).
    Unique,
    /// An algorithm of the allow-list.
    Algorithm,
    /// No key, and no pointer to one, in the header.
    EmbeddedKey,
    /// No critical extension: none is known here (RFC 7515, section 4.1.11).
    Critical,
    /// `typ`, where given, says access token or JWT (RFC 9068, section 2.1).
    Type,
    /// A key for signatures (`use`, `key_ops`).
    KeyUse,
    /// A key of enough bits.
    KeyStrength,
    /// `kid`, where given, names a key of the issuer.
    KeyId,
    /// The key is declared for this algorithm, where it is declared for one.
    KeyAlgorithm,
    /// Found among the first few keys that fit.
    Attempts,
    /// Signed by the key.
    Signature,
    /// `iss` is the issuer, to the letter.
    Issuer,
    /// `aud` names this server.
    Audience,
    /// `exp` is given and not past.
    Expiry,
    /// `nbf` is not in the future.
    NotBefore,
    /// `iat` is not in the future.
    IssuedAt,
    /// `sub` is given.
    Subject,
    /// Not an ID token.
    IdToken,
    /// Not a refresh token.
    RefreshToken,
    /// All that RFC 9068, section 2.2, requires, where it was asked for.
    Profile,
    /// What else this issuer's access tokens have, where that was said.
    Required,
    /// Not bound to a key (`cnf`: RFC 7800, RFC 8705, RFC 9449): whoever sends such a token without
    /// proof may have stolen it.
    Bound,
    /// Bound to a key, where all have to be.
    Unbound,
    /// Sent over a connection with the certificate that it is bound to (RFC 8705, section 3).
    Certificate,
    /// Bound to a certificate, where all have to be.
    Uncertified,
}

impl Rule {
    /// The refusal of a token that broke it. The log is told what was expected, never what the token says.
    pub(crate) fn refusal(self, expected: &[&str]) -> Refusal {
        let message = self.message();
        let expected = match expected {
            [] => String::new(),
            [one] => format!("; expected {one}"),
            several => format!("; expected one of {}", several.join(", ")),
        };
        let refusal =
            Refusal::invalid(message).detail(format!("{message} (rule {self:?}{expected})"));
        // Claims are judged once it is known whose they are.
        if self == Self::Expiry { refusal.genuine() } else { refusal }
    }

    /// What a peer is told that broke it.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::Length => "the token is too long",
            Self::Parts | Self::Encoding | Self::Readable | Self::Unique => {
                "the token is not a well-formed JWT"
            }
            Self::Algorithm => "the token's algorithm is not accepted",
            Self::EmbeddedKey => "the token brings its own key",
            Self::Critical => "the token uses an extension that is not known",
            Self::Type => "the token is of another type",
            Self::KeyUse | Self::KeyStrength | Self::KeyId | Self::KeyAlgorithm => {
                "the token's key is not known"
            }
            Self::Attempts | Self::Signature => "the token's signature is wrong",
            Self::Issuer => "the token is from another issuer",
            Self::Audience => "the token is for another audience",
            Self::Expiry => "the token has expired",
            Self::NotBefore | Self::IssuedAt => "the token is not valid yet",
            Self::Subject => "the token has no subject",
            Self::IdToken => "an ID token is not an access token",
            Self::RefreshToken => "a refresh token is not an access token",
            Self::Profile | Self::Required => "the token is not an access token of this issuer's",
            Self::Unbound => "the token is not bound to a key",
            Self::Uncertified => "the token is not bound to a certificate",
            Self::Certificate => {
                "the token is bound to a certificate that this connection has not shown"
            }
            Self::Bound => "the token is bound to a key, and the key was not proven",
        }
    }
}

/// The rules in force: all of them. Tests can leave one out, to show that it is what refuses.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rules {
    #[cfg(test)]
    without: Option<Rule>,
}

impl Rules {
    #[cfg(not(test))]
    pub(crate) fn enforce(self, _: Rule) -> bool {
        true
    }

    #[cfg(test)]
    pub(crate) fn enforce(self, rule: Rule) -> bool {
        self.without != Some(rule)
    }

    #[cfg(test)]
    pub(crate) fn without(rule: Rule) -> Self {
        Self { without: Some(rule) }
    }

    /// Refuses in the name of `rule` unless it `holds`.
    pub(crate) fn require(self, rule: Rule, holds: bool) -> Result<(), Fault> {
        if holds || !self.enforce(rule) { Ok(()) } else { Err(Fault::Rule(rule)) }
    }
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It breaks a rule, whatever the keys.
    Rule(Rule),
    /// It breaks a rule with these keys; newer ones may tell otherwise.
    Keys(Rule),
}

impl Fault {
    pub(crate) fn rule(self) -> Rule {
        match self {
            Self::Rule(rule) | Self::Keys(rule) => rule,
        }
    }
}
