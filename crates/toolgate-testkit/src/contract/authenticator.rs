//! The contract of an authenticator: who is somebody, and that everything else is nobody.

mod bench;
mod change;
mod rules;
mod sample;

use std::fmt;

use toolgate_core::{Authenticate, Key};

use self::bench::Bench;
pub use self::sample::Sample;
use super::Broken;

/// The resource identifier that the requests of [`authenticator`] are for, unless another is
/// [set](AuthenticatorContract::resource): what the audience of a sample token has to be.
pub const RESOURCE: &str = "https://contract.example/mcp";

/// Begins the contract of an authenticator.
///
/// Whoever writes one runs it in a test, with credentials that are valid and, as far as there are
/// such, with some that are expired, foreign, tampered with or malformed. The kit makes the rest by
/// itself: nothing at all, other schemes, duplicates, garbage, and the valid ones changed byte by
/// byte.
///
/// ```
/// use toolgate_core::{
///     Authenticate, BoxFuture, Credentials, Identity, Key, Refusal, Verdict, credentials::Field,
/// };
/// use toolgate_testkit::contract::{self, Sample};
///
/// /// Opens to a word in a field of its own.
/// struct Cave;
///
/// impl Authenticate for Cave {
///     fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict> {
///         Box::pin(async move {
///             match with.field("x-word") {
///                 Field::One(word) if *word == *b"open sesame" => {
///                     Verdict::known(Identity::new(Key::new("cave", "ali baba")))
///                 }
///                 Field::Absent => Refusal::missing().into(),
///                 Field::One(_) => Refusal::invalid("the cave stays shut").into(),
///                 _ => Refusal::malformed("one word is enough").into(),
///             }
///         })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), contract::Broken> {
/// contract::authenticator(Cave)
///     .known(Sample::field("x-word", "open sesame"), Key::new("cave", "ali baba"))
///     .refused("said by his brother", Sample::field("x-word", "open barley"))
///     .check()
///     .await
/// # }
/// ```
pub fn authenticator<A: Authenticate>(authenticator: A) -> AuthenticatorContract<A> {
    AuthenticatorContract {
        authenticator,
        resource: RESOURCE.to_owned(),
        known: Vec::new(),
        refused: Vec::new(),
    }
}

/// The contract of an authenticator; begun by [`authenticator`].
///
/// | rule | what it forbids, for example |
/// |---|---|
/// | valid credentials are known as whose they are | the key of somebody else |
/// | no credentials are refused as missing, or left to others | a default identity |
/// | the case of a scheme does not count | `Bearer` yes, `bearer` no |
/// | another scheme is nobody | whatever stands behind the first space |
/// | credentials sent twice are nobody | the first of two, or the last |
/// | credentials in the query are nobody | `?access_token=` |
/// | garbage is nobody | a prefix of the credential, an empty one, bytes that are no text |
/// | credentials with one byte changed are nobody | a signature that is not checked |
/// | what must be refused is refused | a token whose time is over |
/// | callers at the same time are told apart | "the current user" in shared state |
/// | nothing panics, everything is answered, nothing that a peer sends is a failure | `unwrap` |
/// | nothing shows a credential | a token in a message, a log line or a challenge |
/// | refusals and answers can be sent | no challenge, or one that is none |
/// | the card stays the same | a metadata document that flickers |
///
/// Samples are secrets: whoever has one is who it names. An authenticator that believes a field,
/// such as a name that a proxy in front vouches for, does not fit, since any value is somebody. Nor
/// do credentials that are good for one use: each sample is sent many times.
#[must_use = "nothing is checked before `check`"]
pub struct AuthenticatorContract<A> {
    authenticator: A,
    resource: String,
    known: Vec<(Sample, Key)>,
    refused: Vec<(String, Sample)>,
}

impl<A: Authenticate> AuthenticatorContract<A> {
    /// Valid credentials, and who they have to be taken for. One at least; two different callers
    /// make the contract whole.
    pub fn known(mut self, sample: Sample, key: Key) -> Self {
        self.known.push((sample, key));
        self
    }

    /// Credentials to be refused, with a name for people: `expired`, `for another server`.
    pub fn refused(mut self, name: impl Into<String>, sample: Sample) -> Self {
        self.refused.push((name.into(), sample));
        self
    }

    /// The resource identifier of the server that is asked, in place of [`RESOURCE`].
    pub fn resource(self, url: impl Into<String>) -> Self {
        Self { resource: url.into(), ..self }
    }

    /// Runs all checks.
    ///
    /// # Errors
    /// Everything that is broken, at once.
    pub async fn check(self) -> Result<(), Broken> {
        let Self { authenticator, resource, known, refused } = self;
        let mut bench = Bench::new(&authenticator, &resource);
        if bench.fits(&known, &refused) {
            rules::check(&mut bench, &known, &refused).await;
        }
        bench.findings.verdict("the authenticator")
    }
}

impl<A> fmt::Debug for AuthenticatorContract<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticatorContract")
            .field("resource", &self.resource)
            .field("known", &self.known)
            .field("refused", &self.refused)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
