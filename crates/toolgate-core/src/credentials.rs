//! What a request brings to prove who asks.

use std::{
    any::{Any, TypeId},
    fmt,
    net::IpAddr,
    sync::Arc,
};

/// The credentials of one request: owned and cheap to clone, so that closures can be async.
///
/// `Debug` shows nothing of them.
#[derive(Clone)]
pub struct Credentials(Arc<dyn Evidence>);

/// Where credentials come from: an HTTP request's head, a first frame, an environment.
pub trait Evidence: Send + Sync + 'static {
    /// Every value of a field, in order. Names are matched without case. Duplicates are seen.
    fn fields(&self, name: &str, each: &mut dyn FnMut(&[u8]));

    /// The HTTP method; empty where there is none.
    fn method(&self) -> &str {
        ""
    }

    /// The request's target under the public URL, query included; empty where there is none.
    fn target(&self) -> &str {
        ""
    }

    /// The resource identifier of this server (RFC 8707): what a token's audience has to name.
    /// From configuration, never from the peer; empty where there is none.
    fn resource(&self) -> &str {
        ""
    }

    /// The address at the other end of the connection, which may be a proxy's.
    fn peer(&self) -> Option<IpAddr> {
        None
    }

    /// The caller's own address: what proxies say that are trusted to say it, and otherwise the
    /// peer's.
    fn address(&self) -> Option<IpAddr> {
        self.peer()
    }

    /// Whether others may be asked about these credentials, such as an authorization server. No, where
    /// too many wrong ones came from the caller's address lately; then an authenticator decides what
    /// it can by itself, and the rest is [`Verdict::Unavailable`](crate::Verdict::Unavailable).
    fn may_ask(&self) -> bool {
        true
    }

    /// The client's certificate, DER, where the connection has proven it.
    fn certificate(&self) -> Option<&[u8]> {
        None
    }

    /// What a layer in front left for the authenticator.
    fn extension(&self, of: TypeId) -> Option<&(dyn Any + Send + Sync)> {
        let _ = of;
        None
    }
}

impl Credentials {
    /// Credentials from their source.
    pub fn new(evidence: impl Evidence) -> Self {
        Self(Arc::new(evidence))
    }

    /// Credentials that are fields alone: an environment, a test.
    pub fn from_fields<N: Into<String>, V: Into<Vec<u8>>>(
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let fields = fields.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self::new(Fields(fields.collect()))
    }

    /// The values of a field.
    pub fn field(&self, name: &str) -> Field {
        let mut field = Field::Absent;
        self.0.fields(name, &mut |value| {
            field = match field {
                Field::Absent => Field::One(value.into()),
                _ => Field::Many,
            };
        });
        field
    }

    /// The HTTP method; empty where there is none.
    pub fn method(&self) -> &str {
        self.0.method()
    }

    /// The request's target under the public URL; empty where there is none.
    pub fn target(&self) -> &str {
        self.0.target()
    }

    /// The resource identifier of this server; empty where there is none.
    pub fn resource(&self) -> &str {
        self.0.resource()
    }

    /// The address at the other end of the connection, which may be a proxy's: who vouches for what
    /// a request says.
    pub fn peer(&self) -> Option<IpAddr> {
        self.0.peer()
    }

    /// The caller's own address: what proxies say that are trusted to say it, and otherwise the
    /// peer's. It tells callers apart; it proves nothing about them.
    pub fn address(&self) -> Option<IpAddr> {
        self.0.address()
    }

    /// Whether others may be asked about these credentials, such as an authorization server, where
    /// they are new here. What can be decided without is decided all the same.
    pub fn may_ask(&self) -> bool {
        self.0.may_ask()
    }

    /// The client's certificate, DER.
    pub fn certificate(&self) -> Option<&[u8]> {
        self.0.certificate()
    }

    /// What a layer in front left for the authenticator.
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.extension(TypeId::of::<T>())?.downcast_ref()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

/// The values of a field. More than one is its own case, because two readers may pick two.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Field {
    /// None.
    Absent,
    /// Just one.
    One(Box<[u8]>),
    /// Several.
    Many,
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "Absent",
            Self::One(_) => "One(..)",
            Self::Many => "Many",
        })
    }
}

struct Fields(Vec<(String, Vec<u8>)>);

impl Evidence for Fields {
    fn fields(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        for (_, value) in self.0.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)) {
            each(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_without_case_and_duplicates_are_seen() {
        let credentials = Credentials::from_fields([("A", "1"), ("b", "2"), ("a", "3")]);
        assert_eq!(credentials.field("a"), Field::Many);
        assert_eq!(credentials.field("B"), Field::One(b"2".as_slice().into()));
        assert_eq!(credentials.field("c"), Field::Absent);
    }

    #[test]
    fn debug_shows_nothing() {
        let credentials = Credentials::from_fields([("authorization", "Bearer s3cr3t")]);
        let field = credentials.field("authorization");
        assert!(!format!("{credentials:?}{field:?}").contains("s3cr3t"));
    }
}
