//! Guards: conditions on the caller, joined by `and` and `or`.

use std::{fmt, sync::Arc};

use toolgate_core::{BoxFuture, Scopes};

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
                Node::Scope(needed) => match ask.caller.identity() {
                    Some(identity) if identity.scopes.contains_all(needed) => Decision::Allow,
                    Some(_) => Decision::NeedScopes(needed.clone()),
                    None => Decision::NeedIdentity,
                },
                Node::Role(role) => match ask.caller.identity() {
                    Some(identity) if identity.roles.contains(role) => Decision::Allow,
                    Some(_) => Decision::Hide,
                    None => Decision::NeedIdentity,
                },
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
            Node::Role(_) | Node::Sync(_) | Node::Async(_) => Scopes::none(),
        }
    }
}

/// The first that cannot be attained decides; scopes that are lacking are gathered.
async fn all(guards: &[Guard], ask: &Ask<'_>) -> Decision {
    let mut lacking = Scopes::none();
    let mut fresh = None;
    for guard in guards {
        match guard.decide(ask).await {
            Decision::Allow => {}
            Decision::NeedScopes(scopes) => lacking = lacking.union(&scopes),
            need @ Decision::NeedFresh { .. } => fresh = Some(need),
            other => return other,
        }
    }
    match fresh {
        _ if !lacking.is_empty() => Decision::NeedScopes(lacking),
        Some(fresh) => fresh,
        None => Decision::Allow,
    }
}

/// The first that can be attained is asked for; with none, hiding wins over forbidding.
async fn any(guards: &[Guard], ask: &Ask<'_>) -> Decision {
    let mut answer = Decision::Hide;
    for guard in guards {
        let attainable = matches!(
            answer,
            Decision::NeedScopes(_) | Decision::NeedFresh { .. } | Decision::NeedIdentity
        );
        match guard.decide(ask).await {
            Decision::Allow => return Decision::Allow,
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
            Node::Sync(_) | Node::Async(_) => return f.write_str("guard(..)"),
            Node::All(guards) => ("all", guards),
            Node::Any(guards) => ("any", guards),
        };
        f.write_str(name)?;
        f.debug_list().entries(guards.iter()).finish()
    }
}
