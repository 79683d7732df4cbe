//! The signature algorithms that exist here. What cannot be named cannot be accepted.

/// A signature algorithm of a token (RFC 7518 section 3, RFC 8037, RFC 9864).
///
/// `none` and the symmetric `HS*` are missing on purpose: a verifier of somebody else's tokens has
/// no use for them, and confusing them with the others is the oldest attack on JWTs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512.
    Es512,
    /// EdDSA on the curve of the key.
    EdDsa,
    /// EdDSA on Ed25519, by the name of RFC 9864.
    Ed25519,
    /// EdDSA on Ed448, by the name of RFC 9864.
    Ed448,
}

impl Algorithm {
    /// All of them: what is accepted unless an allow-list says otherwise.
    pub const ALL: [Self; 12] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
        Self::Ed25519,
        Self::Ed448,
    ];

    /// The name in a token's header.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
            Self::Ed25519 => "Ed25519",
            Self::Ed448 => "Ed448",
        }
    }

    /// The algorithm of that name. Case counts.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// Whether a key declared for `self` may verify a token that says `token`. The Edwards names
    /// are one algorithm under two names; the key's curve decides which.
    pub(super) fn covers(self, token: Self) -> bool {
        let edwards = |one| matches!(one, Self::EdDsa | Self::Ed25519 | Self::Ed448);
        self == token || (edwards(self) && edwards(token))
    }
}
