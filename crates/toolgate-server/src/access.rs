//! The one function that every decision passes: may this caller see, may this caller use.

use std::{borrow::Cow, time::Duration};

use toolgate_core::{Caller, Context, Denial, Error, Scopes, protocol::Json};

use crate::{guard::Guard, rules::Rules};

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
    /// What holds for all items of the server; none where there is no server.
    rules: Option<&'a Rules>,
}

impl<'a> Ask<'a> {
    /// A question without arguments.
    pub fn new(item: Item<'a>, act: Act, cx: &'a Context) -> Self {
        Self { caller: cx.caller(), item, act, arguments: None, cx, rules: None }
    }

    /// The same, with arguments.
    #[must_use]
    pub fn arguments(self, arguments: Option<&'a Json>) -> Self {
        Self { arguments, ..self }
    }

    /// The same, put to a server.
    #[must_use]
    pub(crate) fn under(self, rules: &'a Rules) -> Self {
        Self { rules: Some(rules), ..self }
    }

    /// Whether the caller holds all of these scopes, or scopes that contain them.
    pub fn has_scopes(&self, needed: &Scopes) -> bool {
        let Some(identity) = self.caller.identity() else { return false };
        match self.rules {
            Some(rules) => rules.scopes.has_all(&identity.scopes, needed),
            None => identity.scopes.contains_all(needed),
        }
    }

    /// Whether the caller has this role, or one that contains it.
    pub fn has_role(&self, needed: &str) -> bool {
        let Some(identity) = self.caller.identity() else { return false };
        match self.rules {
            Some(rules) => rules.roles.has(&identity.roles, needed),
            None => identity.roles.contains(needed),
        }
    }

    /// The caller's scopes, and all that they contain.
    pub fn scopes(&self) -> Cow<'a, Scopes> {
        let held = self.caller.identity().map(|identity| &identity.scopes);
        self.all(held, |rules, held| rules.scopes.all(held))
    }

    /// The caller's roles, and all that they contain.
    pub fn roles(&self) -> Cow<'a, Scopes> {
        let held = self.caller.identity().map(|identity| &identity.roles);
        self.all(held, |rules, held| rules.roles.all(held))
    }

    fn all(
        &self,
        held: Option<&'a Scopes>,
        all: impl FnOnce(&'a Rules, &'a Scopes) -> Cow<'a, Scopes>,
    ) -> Cow<'a, Scopes> {
        match (self.rules, held) {
            (Some(rules), Some(held)) => all(rules, held),
            (None, Some(held)) => Cow::Borrowed(held),
            (_, None) => Cow::Owned(Scopes::none()),
        }
    }
}

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Item<'a> {
    /// Its kind: `tool`, `resource`, `template` (a family of resources) or `prompt`.
    pub kind: &'static str,
    /// Its name. Two resources may have the same.
    pub name: &'a str,
    /// What it is found by, unique among its kind: the URI of a resource, the URI template of a
    /// family, the name of any other.
    pub key: &'a str,
}

impl<'a> Item<'a> {
    /// An item by kind and name.
    pub fn new(kind: &'static str, name: &'a str) -> Self {
        Self { kind, name, key: name }
    }

    /// The same, found by something else than its name.
    #[must_use]
    pub fn key(self, key: &'a str) -> Self {
        Self { key, ..self }
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
        /// How old the login may be, in whole seconds.
        max_age: Option<Duration>,
        /// How it must have been done: one of these, with spaces between, the preferred one first.
        acr: Option<String>,
        /// Scopes that are needed too.
        scopes: Scopes,
    },
    /// Not without credentials.
    NeedIdentity,
    /// Neither yes nor no: what decides cannot be asked now.
    Undecided {
        /// When to ask again.
        retry: Duration,
    },
}

impl Decision {
    /// What two conditions come to that both have to hold. What no login mends wins; of what logins
    /// mend, all is asked for at once, so that one login is enough.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self.finality(), other.finality()) {
            (Some(ours), Some(theirs)) => {
                if theirs < ours {
                    other
                } else {
                    self
                }
            }
            (Some(_), None) => self,
            (None, Some(_)) => other,
            (None, None) => self.merge(other),
        }
    }

    /// The same, of which one is a policy's. In a list what nobody decided comes before a refusal:
    /// what is refused is shown there where it is `listed`, and a policy might have hidden it.
    pub(crate) fn with(self, act: Act, other: Self) -> Self {
        match (&self, &other) {
            (Self::Hide, _) | (_, Self::Hide) => Self::Hide,
            (Self::Undecided { .. }, _) if act == Act::List => self,
            (_, Self::Undecided { .. }) if act == Act::List => other,
            _ => self.and(other),
        }
    }

    /// Whether other conditions make no difference any more, but for one that hides.
    pub(crate) fn is_final(&self) -> bool {
        self.finality().is_some()
    }

    /// Which of several that no login mends is told.
    fn finality(&self) -> Option<u8> {
        match self {
            Self::Hide => Some(0),
            Self::Forbid => Some(1),
            Self::NeedIdentity => Some(2),
            Self::Undecided { .. } => Some(3),
            Self::Allow | Self::NeedScopes(_) | Self::NeedFresh { .. } => None,
        }
    }

    fn merge(self, other: Self) -> Self {
        match (self, other) {
            (Self::Allow, other) | (other, Self::Allow) => other,
            (Self::NeedScopes(one), Self::NeedScopes(two)) => Self::NeedScopes(one.union(&two)),
            (Self::NeedScopes(more), Self::NeedFresh { max_age, acr, scopes })
            | (Self::NeedFresh { max_age, acr, scopes }, Self::NeedScopes(more)) => {
                Self::NeedFresh { max_age, acr, scopes: scopes.union(&more) }
            }
            (
                Self::NeedFresh { max_age, acr, scopes },
                Self::NeedFresh { max_age: age, acr: class, scopes: more },
            ) => {
                let Ok(acr) = common(acr, class) else { return Self::Forbid };
                let max_age = max_age.into_iter().chain(age).min();
                Self::NeedFresh { max_age, acr, scopes: scopes.union(&more) }
            }
            // Nothing else is mended by a login.
            (final_one, _) => final_one,
        }
    }
}

/// The ways of logging in that are in both lists, in the order of the first.
///
/// # Errors
/// When there is none: no login is good enough.
fn common(one: Option<String>, two: Option<String>) -> Result<Option<String>, ()> {
    let (Some(one), Some(two)) = (&one, &two) else { return Ok(one.or(two)) };
    let both = one.split(' ').filter(|class| two.split(' ').any(|other| other == *class));
    let both = both.collect::<Vec<_>>().join(" ");
    if both.is_empty() { Err(()) } else { Ok(Some(both)) }
}

/// Decides. Nothing is listed and nothing is used without it: first by what the item itself needs,
/// then by the server's policies.
///
/// What a better token could attain is asked for; what no token of this caller's can is hidden,
/// unless the item is listed for all. What a policy hides is not listed for anybody.
pub async fn decide(access: &Access, ask: &Ask<'_>) -> Decision {
    let own = own(access, ask).await;
    // What nobody can undo any more: it is hidden, or is in no list without a word of a policy's.
    let stands =
        own == Decision::Hide || (ask.act == Act::List && !access.listed && own.is_final());
    match ask.rules {
        // A policy may hide what could be asked for, so it has its say before anything is.
        Some(rules) if rules.has_policies() && !stands => {
            let decision = own.with(ask.act, rules.ask(ask).await);
            // What the caller holds of what the item needs must not get lost on the way.
            if decision.is_final() || decision == Decision::Allow {
                return decision;
            }
            decision.and(Decision::NeedScopes(access.scopes.clone()))
        }
        _ => own,
    }
}

/// What the item itself needs.
async fn own(access: &Access, ask: &Ask<'_>) -> Decision {
    if !access.is_guarded() {
        return Decision::Allow;
    }
    if ask.caller.identity().is_none() {
        return Decision::NeedIdentity;
    }
    let role = access.roles.is_empty() || access.roles.iter().any(|role| ask.has_role(role));
    let guarded = match &access.guard {
        _ if !role => Decision::Hide,
        Some(guard) => guard.decide(ask).await,
        None => Decision::Allow,
    };
    match guarded {
        Decision::Hide if access.listed => Decision::Forbid,
        Decision::Allow if ask.has_scopes(&access.scopes) => Decision::Allow,
        guarded => guarded.and(Decision::NeedScopes(access.scopes.clone())),
    }
}

/// Whether the item is in the list of a caller about whom this was decided.
pub fn is_listed(access: &Access, decision: &Decision) -> bool {
    match decision {
        Decision::Allow => true,
        Decision::Hide | Decision::Undecided { .. } => false,
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
        Decision::NeedFresh { max_age, acr, scopes } => {
            Error::denied(Denial::StepUp { max_age, acr, scopes })
        }
        Decision::Undecided { retry } => Error::denied(Denial::Undecided(retry)),
        Decision::NeedIdentity => Error::denied(Denial::Unauthenticated),
    })
}
