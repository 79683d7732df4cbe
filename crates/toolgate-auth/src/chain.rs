//! Several authenticators, one after the other: the first whose kind of credentials is there
//! decides.

use std::{fmt, sync::Arc};

use toolgate_core::{
    Authenticate, BoxFuture, Challenge, Credentials, Refusal, ResourceCard, Verdict,
    authenticate::Reason, protocol::Json,
};

/// Begins a chain of authenticators; [`Chain::or`] adds the others.
///
/// ```
/// use toolgate_auth::{auth_fn, bearer, chain};
/// use toolgate_core::{Credentials, Identity, Key, Refusal, Verdict, credentials::Field};
///
/// let door = auth_fn(|credentials: Credentials| async move {
///     match credentials.field("x-knock") {
///         Field::One(knock) if *knock == *b"twice" => Ok(Identity::new(Key::new("door", "friend"))),
///         Field::Absent => Err(Refusal::missing()),
///         _ => Err(Refusal::invalid("that is not how friends knock")),
///     }
/// });
/// let cave = auth_fn(|credentials: Credentials| async move {
///     match bearer(&credentials)?.expose() {
///         "open-sesame" => Ok(Identity::new(Key::new("cave", "ali baba"))),
///         _ => Err(Verdict::Refused(Refusal::invalid("the cave stays shut"))),
///     }
/// });
/// let auth = chain(door).or(cave);
/// ```
pub fn chain(first: impl Authenticate) -> Chain {
    Chain { members: vec![Arc::new(first)] }
}

/// Authenticators that are asked in order; begun by [`chain`].
///
/// | a member says | then |
/// |---|---|
/// | not mine | the next is asked |
/// | refused, nothing sent | the next is asked: the credentials may be where only that one looks |
/// | anything else | that is the verdict of the chain, response fields and all |
///
/// So credentials that one member found wrong are never tried on another, and a member that fails
/// or is unavailable lets nobody pass to the next. When nobody decides, the verdict is the first
/// "nothing sent", or else "not mine".
///
/// A member that takes every bearer token for its own belongs at the end, behind those that know
/// theirs by form: API keys come before JWTs. A JWT authenticator in front of others has to be told so,
/// by `Jwt::leave_other_tokens`; else it refuses what is no JWT.
///
/// What a caller is guaranteed to bring is what every member makes: a tool that needs a principal
/// which one of them does not make is found when the server starts.
#[derive(Clone)]
pub struct Chain {
    members: Vec<Arc<dyn Authenticate>>,
}

impl Chain {
    /// The same, with one more authenticator at the end.
    #[must_use]
    pub fn or(mut self, next: impl Authenticate) -> Self {
        self.members.push(Arc::new(next));
        self
    }
}

impl Authenticate for Chain {
    fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict> {
        Box::pin(async move {
            let mut missing = None;
            for member in &self.members {
                match member.authenticate(with).await {
                    Verdict::NotMine => {}
                    Verdict::Refused(refusal) if refusal.reason() == Reason::Missing => {
                        missing.get_or_insert(refusal);
                    }
                    decided => return decided,
                }
            }
            missing.map_or(Verdict::NotMine, Verdict::Refused)
        })
    }

    /// Those of all members, `Bearer` first: a widely used client looks for it there.
    fn challenges(&self, why: &Refusal) -> Vec<Challenge> {
        let mut all: Vec<Challenge> = Vec::new();
        for challenge in self.members.iter().flat_map(|member| member.challenges(why)) {
            if !all.iter().any(|known| same(known, &challenge)) {
                all.push(challenge);
            }
        }
        all.sort_by_key(|challenge| !challenge.scheme.eq_ignore_ascii_case("bearer"));
        all
    }

    fn card(&self) -> ResourceCard {
        let mut cards = self.members.iter().map(|member| member.card());
        let first = cards.next().unwrap_or_default();
        cards.fold(first, both)
    }

    /// The first member that names the issuer and has its metadata.
    fn issuer_metadata<'a>(&'a self, issuer: &'a str) -> BoxFuture<'a, Option<Json>> {
        Box::pin(async move {
            for member in &self.members {
                if member.card().authorization_servers.iter().any(|known| known == issuer)
                    && let Some(found) = member.issuer_metadata(issuer).await
                {
                    return Some(found);
                }
            }
            None
        })
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chain({} authenticators)", self.members.len())
    }
}

/// Names of schemes have no case (RFC 9110, section 11.1).
fn same(one: &Challenge, other: &Challenge) -> bool {
    one.scheme.eq_ignore_ascii_case(&other.scheme) && one.params == other.params
}

/// What two authenticators, either of which may decide, say of themselves.
fn both(mut card: ResourceCard, next: ResourceCard) -> ResourceCard {
    let all_promised = [&card, &next].into_iter().all(promises);
    // Clients ask the first that is named.
    if card.authorization_servers.is_empty() {
        card.scope_prefix = next.scope_prefix;
    }
    for issuer in next.authorization_servers {
        if !card.authorization_servers.contains(&issuer) {
            card.authorization_servers.push(issuer);
        }
    }
    card.needs_resource |= next.needs_resource;
    card.certificates = card.certificates.or(next.certificates);
    card.more.retain(|member| !is_promise(member) || all_promised);
    // A promise to tools, so it holds only where it holds for every caller.
    card.principals.retain(|principal| next.principals.contains(principal));
    for (name, value) in next.more {
        let member = (name, value);
        let kept = all_promised || !is_promise(&member);
        if kept && !card.more.iter().any(|(known, _)| *known == member.0) {
            card.more.push(member);
        }
    }
    card
}

/// Whether it says that no access token is taken without proof (RFC 9728, section 2), which holds only
/// where every member that takes some says so.
fn is_promise((name, value): &(String, Json)) -> bool {
    name == "dpop_bound_access_tokens_required" && value.as_bytes() == b"true"
}

fn promises(card: &ResourceCard) -> bool {
    card.authorization_servers.is_empty() || card.more.iter().any(is_promise)
}

#[cfg(test)]
mod tests;
