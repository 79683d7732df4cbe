//! An authenticator made of a closure.

use std::{fmt, future::Future};

use toolgate_core::{
    Authenticate, BoxFuture, Credentials, Identity, PrincipalType, Refusal, ResourceCard, Verdict,
};

/// Makes an authenticator of a closure.
///
/// The closure returns an [`Identity`], a [`Verdict`], or a `Result` whose error is a [`Refusal`]
/// or any other verdict, so that "refused" and "failed" stay apart.
///
/// ```
/// use toolgate_auth::{auth_fn, bearer};
/// use toolgate_core::{Credentials, Identity, Key, Refusal, Verdict};
///
/// let auth = auth_fn(|credentials: Credentials| async move {
///     let token = bearer(&credentials)?;
///     match token.expose() {
///         "open sesame" => Ok(Identity::new(Key::new("cave", "ali baba"))),
///         _ => Err(Verdict::Refused(Refusal::invalid("the cave stays shut"))),
///     }
/// })
/// .authorization_servers(["https://issuer.example"]);
/// ```
pub fn auth_fn<F, A>(closure: F) -> AuthFn<F>
where
    F: Fn(Credentials) -> A + Send + Sync + 'static,
    A: Future<Output: IntoVerdict> + Send + 'static,
{
    AuthFn { closure, card: ResourceCard::default() }
}

/// A closure as authenticator; made by [`auth_fn`].
#[derive(Clone)]
pub struct AuthFn<F> {
    closure: F,
    card: ResourceCard,
}

impl<F> AuthFn<F> {
    /// Names the issuers that clients may get a token from. Challenges then point to a metadata
    /// document (RFC 9728) that lists them.
    #[must_use]
    pub fn authorization_servers<S: Into<String>>(
        mut self,
        issuers: impl IntoIterator<Item = S>,
    ) -> Self {
        self.card.authorization_servers = issuers.into_iter().map(Into::into).collect();
        self
    }

    /// Says that the closure puts a `T` into each identity, so that a tool which needs one is known
    /// to get it before the first call.
    #[must_use]
    pub fn provides<T: Send + Sync + 'static>(mut self) -> Self {
        self.card.principals.push(PrincipalType::of::<T>());
        self
    }
}

impl<F> fmt::Debug for AuthFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthFn").field("card", &self.card).finish_non_exhaustive()
    }
}

impl<F, A> Authenticate for AuthFn<F>
where
    F: Fn(Credentials) -> A + Send + Sync + 'static,
    A: Future<Output: IntoVerdict> + Send + 'static,
{
    fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict> {
        let answer = (self.closure)(with.clone());
        Box::pin(async move { answer.await.into_verdict() })
    }

    fn card(&self) -> ResourceCard {
        self.card.clone()
    }
}

/// What a closure may answer.
pub trait IntoVerdict {
    /// The verdict that it is.
    fn into_verdict(self) -> Verdict;
}

impl IntoVerdict for Verdict {
    fn into_verdict(self) -> Verdict {
        self
    }
}

impl IntoVerdict for Identity {
    fn into_verdict(self) -> Verdict {
        Verdict::known(self)
    }
}

impl IntoVerdict for Refusal {
    fn into_verdict(self) -> Verdict {
        Verdict::Refused(self)
    }
}

impl<T: IntoVerdict, E: IntoVerdict> IntoVerdict for Result<T, E> {
    fn into_verdict(self) -> Verdict {
        self.map_or_else(E::into_verdict, T::into_verdict)
    }
}

#[cfg(test)]
mod tests {
    use toolgate_core::{Caller, Key, Refused, authenticate::identify};

    use super::*;

    async fn asked<F, A>(closure: F) -> Result<Caller, Refused>
    where
        F: Fn(Credentials) -> A + Send + Sync + 'static,
        A: Future<Output: IntoVerdict> + Send + 'static,
    {
        let credentials = Credentials::from_fields([("x-user", "ann")]);
        identify(&auth_fn(closure), &credentials).await.map(|(caller, _)| caller)
    }

    #[tokio::test]
    async fn an_identity_is_known_and_a_refusal_refuses() {
        let known = asked(|credentials: Credentials| async move {
            match credentials.field("x-user") {
                toolgate_core::credentials::Field::One(_) => {
                    Ok(Identity::new(Key::new("here", "ann")))
                }
                _ => Err(Refusal::missing()),
            }
        });
        assert_eq!(&*known.await.unwrap().identity().unwrap().key.subject, "ann");
        let refused =
            asked(|_| async { Err::<Identity, _>(Refusal::invalid("no")) }).await.unwrap_err();
        assert!(matches!(refused, Refused::Unauthenticated(_)));
    }

    #[tokio::test]
    async fn a_failure_is_not_a_refusal() {
        let failed = asked(|_| async {
            std::fs::read("/no/such/file").map_err(|error| Verdict::Failed(error.into()))?;
            Ok::<_, Verdict>(Identity::new(Key::new("here", "ann")))
        });
        assert!(matches!(failed.await.unwrap_err(), Refused::Failed(_)));
    }

    #[tokio::test]
    async fn a_panic_in_the_closure_is_a_failure() {
        fn boom() -> Identity {
            panic!("boom")
        }
        let panicked = asked(|_| async { boom() });
        assert!(matches!(panicked.await.unwrap_err(), Refused::Failed(_)));
    }

    #[test]
    fn a_closure_can_name_its_issuers_and_principals() {
        let auth = auth_fn(|_: Credentials| async { Refusal::missing() })
            .authorization_servers(["https://issuer.example"])
            .provides::<u8>();
        assert_eq!(auth.card().authorization_servers, ["https://issuer.example"]);
        assert_eq!(auth.card().principals, [PrincipalType::of::<u8>()]);
    }
}
