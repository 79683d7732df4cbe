//! What Cedar's answer means: permitted, denied, or to be mended by another login.

use std::time::Duration;

use cedar_policy::{Effect, Policy, PolicySet, Response};
use toolgate_core::{Scopes, StartError};
use toolgate_server::Decision;

pub(crate) enum Answer {
    Permitted,
    Denied,
    /// Whatever forbids says how to get on; whether anything permits is another question.
    Mendable {
        by: Decision,
        else_permitted: bool,
    },
}

impl Answer {
    /// What the response to all policies means. Those that last are asked only where others forbid.
    pub(crate) fn of(
        response: &Response,
        policies: &PolicySet,
        else_permitted: impl FnOnce() -> bool,
    ) -> Self {
        let mut failed = response.diagnostics().errors().peekable();
        if failed.peek().is_some() {
            for error in failed {
                // The error's own words may repeat arguments.
                let cedar_policy::AuthorizationError::PolicyEvaluationError(error) = error;
                tracing::error!(policy = %error.policy_id(), "denied: a Cedar policy failed");
            }
            return Self::Denied;
        }
        if response.decision() == cedar_policy::Decision::Allow {
            return Self::Permitted;
        }
        let forbidding = response.diagnostics().reason().map(|id| policies.policy(id));
        let remedies: Option<Vec<_>> = forbidding.map(|policy| remedy(policy?)).collect();
        match remedies.unwrap_or_default().into_iter().reduce(Decision::and) {
            Some(by @ (Decision::NeedScopes(_) | Decision::NeedFresh { .. })) => {
                Self::Mendable { by, else_permitted: else_permitted() }
            }
            _ => Self::Denied,
        }
    }

    /// Whether it is permitted, or would be but for what a login mends.
    pub(crate) fn is_for_them(&self) -> bool {
        matches!(self, Self::Permitted | Self::Mendable { else_permitted: true, .. })
    }
}

/// What the annotations of a policy that forbids ask for.
fn remedy(policy: &Policy) -> Option<Decision> {
    let scopes = policy.annotation("scopes").map(Scopes::split);
    let max_age = policy.annotation("max_age").and_then(seconds);
    let acr = policy.annotation("acr").map(str::to_owned);
    match (max_age, acr) {
        (None, None) => scopes.map(Decision::NeedScopes),
        (max_age, acr) => {
            Some(Decision::NeedFresh { max_age, acr, scopes: scopes.unwrap_or_default() })
        }
    }
}

/// The policies that no login mends: those without an annotation that says how.
pub(crate) fn lasting(policies: &PolicySet) -> Result<PolicySet, StartError> {
    let lasting = policies.policies().filter(|policy| remedy(policy).is_none());
    PolicySet::from_policies(lasting.cloned())
        .map_err(|error| StartError::new(format!("the Cedar policies: {error}")))
}

fn seconds(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = digits.then(|| text.parse().ok()).flatten().filter(|seconds| *seconds > 0);
    seconds.map(Duration::from_secs)
}

/// All scopes that the policies may ask for.
pub(crate) fn scopes(policies: &PolicySet) -> Scopes {
    let asked = policies.policies().filter_map(|policy| policy.annotation("scopes"));
    asked.fold(Scopes::none(), |all, scopes| all.union(&Scopes::split(scopes)))
}

/// What is wrong with the annotations, a sentence each.
pub(crate) fn problems(policies: &PolicySet) -> Vec<String> {
    policies.policies().flat_map(problems_of).collect()
}

fn problems_of(policy: &Policy) -> Vec<String> {
    let listed = |text: &str| {
        let scopes = Scopes::split(text);
        !scopes.is_empty() && scopes.are_valid() && text.split(' ').all(|one| !one.is_empty())
    };
    let mut problems = Vec::new();
    let mut say = |name: &str, what: &str| {
        problems.push(format!("the Cedar policy {}: `@{name}` {what}", policy.id()));
    };
    for name in ["scopes", "acr", "max_age"] {
        let Some(text) = policy.annotation(name) else { continue };
        if policy.effect() != Effect::Forbid {
            say(name, "belongs on a policy that forbids");
        } else if name == "max_age" && seconds(text).is_none() {
            say(name, "is no whole number of seconds above zero");
        } else if name != "max_age" && !listed(text) {
            say(name, "is no list of names with one space between, as a challenge can say it");
        }
    }
    problems
}
