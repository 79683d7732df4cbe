//! What holds for all items of a server: which scopes and roles contain others, its policies, and who
//! is told of decisions.

use std::{fmt, future::Future, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt;
use tokio::time::timeout;
use toolgate_core::{Audit, Hierarchy, Scopes};

use crate::{
    access::{Ask, Decision},
    policy::Policy,
};

/// How long a decision may take, if nothing else is said.
const WITHIN: Duration = Duration::from_secs(5);

/// When to ask again what could not be decided.
const RETRY: Duration = Duration::from_secs(5);

/// About how many items of a list policies are asked at a time.
pub(crate) const AT_A_TIME: usize = 16;

/// What an author declares, before it is followed to the end.
#[derive(Clone, Default)]
pub(crate) struct Declared {
    pub(crate) scopes: Vec<(Box<str>, Scopes)>,
    pub(crate) roles: Vec<(Box<str>, Scopes)>,
    pub(crate) policies: Vec<Arc<dyn Policy>>,
    pub(crate) within: Option<Duration>,
    pub(crate) audit: Option<Arc<dyn Audit>>,
}

/// The rules of a server that is served.
#[derive(Default)]
pub(crate) struct Rules {
    pub(crate) scopes: Hierarchy,
    pub(crate) roles: Hierarchy,
    policies: Vec<Arc<dyn Policy>>,
    within: Duration,
    /// Who is told of decisions.
    pub(crate) audit: Option<Arc<dyn Audit>>,
}

impl Declared {
    /// The rules that follow, or what is wrong, a sentence each.
    pub(crate) fn rules(self) -> Result<Rules, Vec<String>> {
        let Self { scopes, roles, policies, within, audit } = self;
        let mut problems = Vec::new();
        let of = |all: &Scopes| all.are_valid();
        if !scopes.iter().all(|(name, all)| of(all) && of(&[name].into())) {
            problems.push("`scope_implies` names what is no scope-token of RFC 6749".to_owned());
        }
        if !policies.iter().all(|policy| policy.scopes().are_valid()) {
            problems.push("a policy asks for what is no scope-token of RFC 6749".to_owned());
        }
        if within.is_some_and(|within| within.is_zero()) {
            problems.push("`policy_timeout` is 0".to_owned());
        }
        let mut follow = |declared: &[(Box<str>, Scopes)], what| {
            let declared = declared.iter().map(|(name, all)| (&**name, all));
            Hierarchy::of(declared).unwrap_or_else(|circle| {
                problems.push(format!("`{what}`: {circle} would contain themselves"));
                Hierarchy::default()
            })
        };
        let (scopes, roles) = (follow(&scopes, "scope_implies"), follow(&roles, "role_implies"));
        let within = within.unwrap_or(WITHIN);
        if problems.is_empty() {
            Ok(Rules { scopes, roles, policies, within, audit })
        } else {
            Err(problems)
        }
    }
}

impl Rules {
    pub(crate) fn has_policies(&self) -> bool {
        !self.policies.is_empty()
    }

    /// The scopes that policies may ask for.
    pub(crate) fn policy_scopes(&self) -> Scopes {
        self.policies.iter().fold(Scopes::none(), |all, policy| all.union(&policy.scopes()))
    }

    /// What all policies come to, within their time. Each is asked until one hides: that counts
    /// whatever the others say.
    pub(crate) async fn ask(&self, ask: &Ask<'_>) -> Decision {
        let mut answer = Decision::Allow;
        let all = async {
            for policy in &self.policies {
                // Making the future runs the author's code too.
                let decided = AssertUnwindSafe(async { policy.decide(ask).await }).catch_unwind();
                let decided = decided.await.unwrap_or_else(|_| undecided(ask, "panicked"));
                answer = std::mem::replace(&mut answer, Decision::Hide).with(ask.act, decided);
                if answer == Decision::Hide {
                    break;
                }
            }
        };
        match timeout(self.within, all).await {
            Ok(()) => answer,
            Err(_) => answer.with(ask.act, undecided(ask, "took too long")),
        }
    }

    /// What is decided about all of a list, within the time of one decision.
    ///
    /// # Errors
    /// The decision that is none.
    pub(crate) async fn all_of<T>(
        &self,
        list: &'static str,
        decisions: impl Future<Output = Result<T, Decision>>,
    ) -> Result<T, Decision> {
        timeout(self.within, decisions).await.unwrap_or_else(|_| {
            tracing::error!(list, "policies took too long about a list");
            Err(Decision::Undecided { retry: RETRY })
        })
    }
}

/// The one answer to whatever keeps a policy from deciding: never a pass, and never a verdict.
fn undecided(ask: &Ask<'_>, why: &str) -> Decision {
    let (kind, item) = (ask.item.kind, ask.item.key);
    tracing::error!(kind, item, why, "a policy did not decide");
    Decision::Undecided { retry: RETRY }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules")
            .field("scopes", &self.scopes)
            .field("roles", &self.roles)
            .field("policies", &self.policies.len())
            .finish_non_exhaustive()
    }
}
