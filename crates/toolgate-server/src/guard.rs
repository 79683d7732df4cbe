//! Guards: conditions on the caller, joined by `and` and `or`.

mod login;

use std::{fmt, sync::Arc, time::Duration};

use toolgate_core::{BoxFuture, Scopes};

use self::login::Login;
use crate::access::{Ask, Decision};

/// A condition on who may see and use an item.
///
/// ```
/// use toolgate_server::{Guard, role, scope, when};
///
/// struct User { active: bool }
///
/// let guard: Guard = scope("files:write").or(role("admin")).and(when(|user: &User| user.active));
/// ```
#[derive(Clone)]
pub struct Guard(Node);

#[derive(Clone)]
enum Node {
    Scope(Scopes),
    Role(Box<str>),
    Login(Login),
    Sync(Arc<dyn Fn(&Ask<'_>) -> Decision + Send + Sync>),
    Async(Arc<Decider>),
    All(Arc<[Guard]>),
    Any(Arc<[Guard]>),
}

type Decider = dyn for<'a> Fn(&'a Ask<'a>) -> BoxFuture<'a, Decision> + Send + Sync;

/// The token needs a scope. Whoever lacks it is told so, with 403 and `insufficient_scope`.
pub fn scope(scope: impl AsRef<str>) -> Guard {
    Guard(Node::Scope([scope].into()))
}

/// The caller needs a role. To whoever lacks it the item does not exist.
pub fn role(role: impl Into<Box<str>>) -> Guard {
    Guard(Node::Role(role.into()))
}

/// The user needs to have logged in at most this long ago, in whole seconds: `auth_time` of the token
/// (RFC 9470). Whoever did not is told so, with 401 and `insufficient_user_authentication`.
///
/// It is about use alone. In lists the item is there for whoever may use it otherwise: a login grows
/// old while nobody is told that a list has changed.
///
/// ```
/// use std::time::Duration;
/// use toolgate_server::{ToolSpec, acr, max_age};
///
/// let guard = max_age(Duration::from_secs(15 * 60)).and(acr(["phr", "phrh"]));
/// let spec = ToolSpec::new("transfer").scopes(["payments"]).guard(guard);
/// ```
pub fn max_age(age: Duration) -> Guard {
    Guard(Node::Login(Login::Within(age)))
}

/// The user needs to have logged in in one of these ways: `acr` of the token, compared letter by letter
/// (RFC 9470). The preferred one comes first. Whoever did not is told so, with 401 and
/// `insufficient_user_authentication`. As with [`max_age`], lists have the item all the same.
pub fn acr<C: Into<Box<str>>>(classes: impl IntoIterator<Item = C>) -> Guard {
    Guard(Node::Login(Login::OneOf(classes.into_iter().map(Into::into).collect())))
}

/// The author's own type has to satisfy a condition. Where the authenticator made none, nobody
/// passes.
pub fn when<T: Send + Sync + 'static>(
    condition: impl Fn(&T) -> bool + Send + Sync + 'static,
) -> Guard {
    Guard::decided_by(move |ask| match ask.cx.principal::<T>() {
        Ok(principal) if condition(principal) => Decision::Allow,
        _ => Decision::Hide,
    })
}

impl Guard {
    /// Decides by all that is known of the request.
    pub fn decided_by(decide: impl Fn(&Ask<'_>) -> Decision + Send + Sync + 'static) -> Self {
        Self(Node::Sync(Arc::new(decide)))
    }

    /// Decides by asking elsewhere: a policy engine, a database.
    pub fn asked_of(
        decide: impl for<'a> Fn(&'a Ask<'a>) -> BoxFuture<'a, Decision> + Send + Sync + 'static,
    ) -> Self {
        Self(Node::Async(Arc::new(decide)))
    }

    /// Both have to allow. What both lack is asked for at once.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(Node::All([self, other].into()))
    }

    /// One of them has to allow. Where none does, what could still be attained is asked for.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(Node::Any([self, other].into()))
    }

    pub(crate) fn decide<'a>(&'a self, ask: &'a Ask<'a>) -> BoxFuture<'a, Decision> {
        Box::pin(async move {
            match &self.0 {
                Node::Scope(_) | Node::Role(_) | Node::Login(_)
                    if ask.caller.identity().is_none() =>
                {
                    Decision::NeedIdentity
                }
                Node::Scope(needed) if ask.has_scopes(needed) => Decision::Allow,
                Node::Scope(needed) => Decision::NeedScopes(needed.clone()),
                Node::Role(role) if ask.has_role(role) => Decision::Allow,
                Node::Role(_) => Decision::Hide,
                Node::Login(login) => login.decide(ask),
                Node::Sync(decide) => decide(ask),
                Node::Async(decide) => decide(ask).await,
                Node::All(guards) => all(guards, ask).await,
                Node::Any(guards) => any(guards, ask).await,
            }
        })
    }

    /// Scopes that the guard may ask for, for the metadata document.
    pub(crate) fn scopes(&self) -> Scopes {
        match &self.0 {
            Node::Scope(scopes) => scopes.clone(),
            Node::All(guards) | Node::Any(guards) => {
                guards.iter().fold(Scopes::none(), |all, guard| all.union(&guard.scopes()))
            }
            Node::Role(_) | Node::Login(_) | Node::Sync(_) | Node::Async(_) => Scopes::none(),
        }
    }

    /// What is wrong with it, a sentence each.
    pub(crate) fn problems(&self) -> Vec<String> {
        match &self.0 {
            Node::Login(login) => login.problem().into_iter().collect(),
            Node::All(guards) | Node::Any(guards) => {
                guards.iter().flat_map(Guard::problems).collect()
            }
            Node::Scope(_) | Node::Role(_) | Node::Sync(_) | Node::Async(_) => Vec::new(),
        }
    }
}

/// The first that cannot be attained decides; what is lacking is gathered.
async fn all(guards: &[Guard], ask: &Ask<'_>) -> Decision {
    let mut answer = Decision::Allow;
    for guard in guards {
        answer = answer.and(guard.decide(ask).await);
        if answer.is_final() {
            break;
        }
    }
    answer
}

/// The first that can be attained is asked for; with none, forbidding wins over hiding. What is not
/// decided may yet be a yes.
async fn any(guards: &[Guard], ask: &Ask<'_>) -> Decision {
    let mut answer = Decision::Hide;
    for guard in guards {
        let attainable = matches!(
            answer,
            Decision::NeedScopes(_)
                | Decision::NeedFresh { .. }
                | Decision::NeedIdentity
                | Decision::Undecided { .. }
        );
        match guard.decide(ask).await {
            Decision::Allow => return Decision::Allow,
            undecided @ Decision::Undecided { .. } => answer = undecided,
            other if !attainable && other != Decision::Hide => answer = other,
            _ => {}
        }
    }
    answer
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, guards) = match &self.0 {
            Node::Scope(scopes) => return write!(f, "scope({scopes})"),
            Node::Role(role) => return write!(f, "role({role})"),
            Node::Login(login) => return fmt::Debug::fmt(login, f),
            Node::Sync(_) | Node::Async(_) => return f.write_str("guard(..)"),
            Node::All(guards) => ("all", guards),
            Node::Any(guards) => ("any", guards),
        };
        f.write_str(name)?;
        f.debug_list().entries(guards.iter()).finish()
    }
}
