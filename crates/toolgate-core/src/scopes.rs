//! Sets of OAuth scopes (RFC 6749, section 3.3), and what clients put before them.

use std::{borrow::Cow, fmt};

/// A sorted set of scopes. Equal sets print alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scopes(Vec<Box<str>>);

impl Scopes {
    /// No scopes.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// The scopes of a space-separated list.
    pub fn split(text: &str) -> Self {
        text.split_ascii_whitespace().collect()
    }

    /// Whether `scope` is among them. Case counts.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.binary_search_by(|known| (**known).cmp(scope)).is_ok()
    }

    /// Whether all of `needed` are among them.
    pub fn contains_all(&self, needed: &Self) -> bool {
        needed.iter().all(|scope| self.contains(scope))
    }

    /// Those in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).collect()
    }

    /// Those in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.iter().filter(|scope| other.contains(scope)).collect()
    }

    /// The same, as a client asks an authorization server for them that knows them under `prefix` and
    /// leaves it out of tokens.
    ///
    /// What such a server knows under no prefix stays as it is: scopes of OpenID Connect (Core 1.0, sections
    /// 5.4 and 11), and those that are URIs already.
    ///
    /// ```
    /// use toolgate_core::Scopes;
    ///
    /// let scopes = Scopes::from(["files:read", "openid", "https://graph.example/mail.read"]);
    /// let asked = scopes.under("api://files/");
    /// assert_eq!(asked.to_string(), "api://files/files:read https://graph.example/mail.read openid");
    /// ```
    #[must_use]
    pub fn under(&self, prefix: &str) -> Self {
        const OPEN_ID: [&str; 6] =
            ["openid", "profile", "email", "address", "phone", "offline_access"];
        let stays = |scope: &str| OPEN_ID.contains(&scope) || scope.contains("://");
        let asked = |scope: &str| {
            if stays(scope) { scope.to_owned() } else { format!("{prefix}{scope}") }
        };
        self.iter().map(asked).collect()
    }

    /// One after the other, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|scope| &**scope)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether each can stand in a challenge: `%x21 / %x23-5B / %x5D-7E`, not empty.
    pub fn are_valid(&self) -> bool {
        let valid = |byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
        self.iter().all(|scope| !scope.is_empty() && scope.bytes().all(valid))
    }
}

/// What an authorization server knows scopes under and leaves out of tokens.
///
/// Entra ID is such a one: a client asks for `https://mcp.example.com/mcp/files.read`, and the token has
/// `files.read`. Challenges and the metadata document name scopes as clients ask for them; whatever is
/// said of scopes here, at tools and in hierarchies, names them as tokens do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScopePrefix {
    /// The resource identifier, with a slash after it.
    Resource,
    /// A text, such as `api://8f9b2c9c-3f4e-4d5c-9f53-7f4d7c1a0b11/`.
    Text(Box<str>),
}

impl ScopePrefix {
    /// The prefix at a resource; none where that has no name.
    pub fn at<'a>(&'a self, resource: Option<&str>) -> Option<Cow<'a, str>> {
        match self {
            Self::Resource => resource.map(|resource| {
                Cow::Owned(format!("{}/", resource.strip_suffix('/').unwrap_or(resource)))
            }),
            Self::Text(text) => Some(Cow::Borrowed(text)),
        }
    }
}

impl<T: Into<Box<str>>> From<T> for ScopePrefix {
    fn from(text: T) -> Self {
        Self::Text(text.into())
    }
}

impl<S: AsRef<str>> FromIterator<S> for Scopes {
    fn from_iter<I: IntoIterator<Item = S>>(scopes: I) -> Self {
        let mut scopes: Vec<Box<str>> =
            scopes.into_iter().map(|scope| scope.as_ref().into()).collect();
        scopes.sort_unstable();
        scopes.dedup();
        Self(scopes)
    }
}

impl<S: AsRef<str>, const N: usize> From<[S; N]> for Scopes {
    fn from(scopes: [S; N]) -> Self {
        scopes.into_iter().collect()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            let space = if index > 0 { " " } else { "" };
            write!(f, "{space}{scope}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_sorted_and_unique() {
        let scopes = Scopes::split(" b a  b ");
        assert_eq!(scopes.to_string(), "a b");
        assert!(scopes.contains("a") && !scopes.contains("A") && !scopes.contains(""));
        assert_eq!(scopes.union(&["c"].into()).to_string(), "a b c");
        assert_eq!(scopes.intersection(&["b", "z"].into()).to_string(), "b");
        assert!(scopes.contains_all(&Scopes::none()));
        assert!(!Scopes::none().contains_all(&scopes));
    }

    #[test]
    fn scopes_that_would_break_a_challenge_are_told() {
        assert!(Scopes::from(["files:write", "https://x/y.z"]).are_valid());
        for bad in ["a b", "a\"b", "a\\b", "", "é", "a\n"] {
            assert!(!Scopes::from([bad]).are_valid(), "{bad:?}");
        }
    }
}
