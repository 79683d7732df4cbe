//! The one function that every decision passes: may this caller see, may this caller use.

use toolgate_core::{Caller, Context, Denial, Error, Scopes, protocol::Json};

use crate::guard::Guard;

/// Who may see and use an item. Empty: everybody whom the server serves.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Access {
    /// All of these scopes are needed.
    pub scopes: Scopes,
    /// One of these roles is needed, where any is named.
    pub roles: Scopes,
    /// What else is needed.
    pub guard: Option<Guard>,
    /// Listed also for those who lack something, who then learn what.
    pub listed: bool,
}

impl Access {
    /// Whether anything is needed.
    pub fn is_guarded(&self) -> bool {
        !self.scopes.is_empty() || !self.roles.is_empty() || self.guard.is_some()
    }
}

/// A question about one item.
#[derive(Debug)]
#[non_exhaustive]
pub struct Ask<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// About what.
    pub item: Item<'a>,
    /// To see it, or to use it.
    pub act: Act,
    /// With what arguments, where it is used with any.
    pub arguments: Option<&'a Json>,
    /// What the request runs with.
    pub cx: &'a Context,
}

impl<'a> Ask<'a> {
    /// A question without arguments.
    pub fn new(item: Item<'a>, act: Act, cx: &'a Context) -> Self {
        Self { caller: cx.caller(), item, act, arguments: None, cx }
    }

    /// The same, with arguments.
    #[must_use]
    pub fn arguments(self, arguments: Option<&'a Json>) -> Self {
        Self { arguments, ..self }
    }
}

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Item<'a> {
    /// Its kind: `tool`, and others as they come.
    pub kind: &'static str,
    /// Its name among its kind.
    pub name: &'a str,
}

impl<'a> Item<'a> {
    /// An item by kind and name.
    pub fn new(kind: &'static str, name: &'a str) -> Self {
        Self { kind, name }
    }
}

/// What the caller wants of the item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Act {
    /// To see it in a list.
    List,
    /// To use it.
    Use,
}

/// What the answer is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// Yes.
    Allow,
    /// No, and there is no such item as far as this caller knows.
    Hide,
    /// No, whatever token is brought.
    Forbid,
    /// Not without these scopes.
    NeedScopes(Scopes),
    /// Not without a fresher or stronger login (RFC 9470).
    NeedFresh {
        /// How old the login may be.
        max_age: Option<std::time::Duration>,
        /// How it must have been done.
        acr: Option<String>,
    },
    /// Not without credentials.
    NeedIdentity,
}

/// Decides. Nothing is listed and nothing is used without it.
///
/// What a better token could attain is asked for; what no token of this caller's can is hidden,
/// unless the item is listed for all.
pub async fn decide(access: &Access, ask: &Ask<'_>) -> Decision {
    if !access.is_guarded() {
        return Decision::Allow;
    }
    let Some(identity) = ask.caller.identity() else { return Decision::NeedIdentity };
    let role = access.roles.is_empty() || access.roles.iter().any(|r| identity.roles.contains(r));
    let guarded = match &access.guard {
        _ if !role => Decision::Hide,
        Some(guard) => guard.decide(ask).await,
        None => Decision::Allow,
    };
    let lacking = !identity.scopes.contains_all(&access.scopes);
    match guarded {
        Decision::Hide if access.listed => Decision::Forbid,
        // All that is lacking is named at once, so that one login mends it.
        Decision::NeedScopes(more) => Decision::NeedScopes(access.scopes.union(&more)),
        Decision::Allow if lacking => Decision::NeedScopes(access.scopes.clone()),
        other => other,
    }
}

/// Whether the item is in the list of a caller about whom this was decided.
pub fn is_listed(access: &Access, decision: &Decision) -> bool {
    match decision {
        Decision::Allow => true,
        Decision::Hide => false,
        _ => access.listed,
    }
}

/// The refusal of a use; none where it is allowed. A hidden item is an unknown one.
pub fn refusal(decision: Decision, unknown: impl FnOnce() -> Error) -> Option<Error> {
    Some(match decision {
        Decision::Allow => return None,
        Decision::Hide => unknown(),
        Decision::Forbid => Error::denied(Denial::Forbidden),
        Decision::NeedScopes(scopes) => Error::denied(Denial::Scopes(scopes)),
        Decision::NeedFresh { max_age, acr } => Error::denied(Denial::StepUp { max_age, acr }),
        Decision::NeedIdentity => Error::denied(Denial::Unauthenticated),
    })
}
