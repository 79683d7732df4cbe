//! Several issuers on one resource, each with its own audience, algorithms, keys and claims.

use std::{sync::Arc, time::SystemTime};

use toolgate_core::StartError;

use super::{Clock, Jwt, JwtAuth, Shared};
use crate::{
    bound::{Possession, contradictions},
    memory::Memory,
    rules::Rules,
};

/// Access tokens of several issuers.
///
/// A token is held against the settings and the keys of the issuer that it names, to the letter, and
/// against nobody else's. Equal subjects of two issuers are two callers: a
/// [`Key`](toolgate_core::Key) has the issuer in it. A tool can need a type of yours once every one of
/// them makes it.
///
/// ```
/// use toolgate_auth::{issuers, jwt};
///
/// let auth = issuers([
///     jwt("https://id.example/realms/staff").claims(|claims| claims.roles(["realm_access.roles"])),
///     jwt("https://partners.example").audience(["reports"]),
/// ])?;
/// # Ok::<(), toolgate_core::StartError>(())
/// ```
///
/// What was said to one of them of tokens that are left to others holds for all; so does the largest
/// memory, of tokens and of proofs, and the first one's clock. An issuer whose own
/// [`memory`](Jwt::memory) is 0 has no part in it.
///
/// # Errors
/// All that is wrong with any of them, no issuer at all, or one that is there twice.
pub fn issuers(all: impl IntoIterator<Item = Jwt>) -> Result<JwtAuth, StartError> {
    let all: Vec<Jwt> = all.into_iter().collect();
    let mut problems = Vec::new();
    if all.is_empty() {
        problems.push("`issuers` names no issuer".to_owned());
    }
    for (at, jwt) in all.iter().enumerate() {
        let issuer = jwt.issuer();
        if all.iter().take(at).any(|other| other.issuer() == issuer) {
            problems
                .push(format!("the issuer {issuer} is there twice; give it all its settings once"));
        }
        let found = jwt.problems();
        problems.extend(found.into_iter().map(|problem| match all.len() {
            1 => problem,
            _ => format!("issuer {}, {issuer}: {problem}", at + 1),
        }));
    }
    let asked: Vec<_> = all.iter().map(Jwt::proofs).collect();
    problems.extend(contradictions(&asked));
    StartError::check(problems)?;
    let (leave_forms, leave_issuers) =
        (all.iter().any(Jwt::leaves_forms), all.iter().any(Jwt::leaves_issuers));
    let memory = all.iter().map(Jwt::remembers).max().unwrap_or_default();
    let clock = all.first().map_or_else(|| Arc::new(SystemTime::now) as Clock, Jwt::now);
    let possession = Possession::of(&asked, Arc::clone(&clock));
    let issuers = all.into_iter().map(Jwt::ready).collect::<Result<Vec<_>, _>>()?;
    Ok(JwtAuth(Arc::new(Shared {
        issuers,
        rules: Rules::default(),
        leave_forms,
        leave_issuers,
        clock,
        memory: Memory::new(memory),
        possession,
    })))
}
