//! Policies: what decides about everything that a server has, besides what each item needs.

use toolgate_core::{BoxFuture, Scopes};

use crate::{
    access::{Ask, Decision},
    guard::Guard,
};

/// Decides about every list and every use of every item, once the item itself has nothing against it.
///
/// It sees who asks ([`Ask::caller`], [`Ask::scopes`], `ask.cx.principal::<User>()`), about which item,
/// to list or to use it, and with which arguments. Completion and subscriptions are uses. It can only
/// take away: what an item needs is needed all the same, and of several policies all have to allow.
/// When it panics or takes too long, nothing is allowed, and the client is told to come back.
///
/// A closure that need not wait is a policy, and so is a [`Guard`].
///
/// ```
/// use toolgate_server::{Act, Ask, Decision, Server, scope};
///
/// let server = Server::new("files", "1.0.0")
///     .policy(scope("files:write").or(scope("files:read")))
///     .policy(|ask: &Ask<'_>| match (ask.item.kind, ask.act) {
///         ("tool", Act::Use) if !ask.has_role("operator") => Decision::Forbid,
///         _ => Decision::Allow,
///     });
/// ```
pub trait Policy: Send + Sync + 'static {
    /// Decides. [`Decision::Hide`] also hides what is `listed`; to show an item to those who may not
    /// use it, allow [`Act::List`](crate::Act::List) and forbid [`Act::Use`](crate::Act::Use).
    ///
    /// For a list it is asked about every item, about several at a time.
    fn decide<'a>(&'a self, ask: &'a Ask<'a>) -> BoxFuture<'a, Decision>;

    /// The scopes that it may ask for, for the metadata document.
    fn scopes(&self) -> Scopes {
        Scopes::none()
    }
}

impl<F: Fn(&Ask<'_>) -> Decision + Send + Sync + 'static> Policy for F {
    fn decide<'a>(&'a self, ask: &'a Ask<'a>) -> BoxFuture<'a, Decision> {
        Box::pin(async move { self(ask) })
    }
}

impl Policy for Guard {
    fn decide<'a>(&'a self, ask: &'a Ask<'a>) -> BoxFuture<'a, Decision> {
        Self::decide(self, ask)
    }

    fn scopes(&self) -> Scopes {
        Self::scopes(self)
    }
}
