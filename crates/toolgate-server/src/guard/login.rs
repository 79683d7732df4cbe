//! What a login has to have been like: not too long ago, not too weak (RFC 9470).

use std::time::{Duration, SystemTime};

use toolgate_core::{Identity, Scopes};

use crate::access::{Act, Ask, Decision};

/// How far the clock of an issuer may be ahead of ours. Without it, whoever logs in at an issuer whose
/// clock is ahead would be sent back to log in.
const AHEAD: Duration = Duration::from_secs(30);

/// A condition on the login behind a token.
#[derive(Clone, Debug)]
pub(super) enum Login {
    /// At most this long ago.
    Within(Duration),
    /// Done in one of these ways.
    OneOf(Box<[Box<str>]>),
}

impl Login {
    /// Whether the caller's login is good enough for this use. Every request asks anew.
    pub(super) fn decide(&self, ask: &Ask<'_>) -> Decision {
        let holds = |identity: &Identity| self.holds(identity, SystemTime::now());
        match ask.caller.identity() {
            None => Decision::NeedIdentity,
            Some(_) if ask.act == Act::List => Decision::Allow,
            Some(identity) if holds(identity) => Decision::Allow,
            Some(_) => self.needed(),
        }
    }

    /// What says nothing of its login, says nothing in its favour.
    fn holds(&self, identity: &Identity, now: SystemTime) -> bool {
        match self {
            Self::Within(age) => identity.authenticated.is_some_and(|at| is_fresh(at, *age, now)),
            Self::OneOf(classes) => identity.acr.as_ref().is_some_and(|acr| classes.contains(acr)),
        }
    }

    fn needed(&self) -> Decision {
        let (max_age, acr) = match self {
            Self::Within(age) => (Some(*age), None),
            Self::OneOf(classes) => (None, Some(classes.join(" "))),
        };
        Decision::NeedFresh { max_age, acr, scopes: Scopes::none() }
    }

    /// What is wrong with it.
    pub(super) fn problem(&self) -> Option<String> {
        match self {
            Self::Within(age) if age.is_zero() || age.subsec_nanos() > 0 => {
                Some("`max_age` is no whole number of seconds, or zero, which no login is".into())
            }
            Self::OneOf(classes) if classes.is_empty() => {
                Some("`acr` names nothing, so that no login would do".into())
            }
            Self::OneOf(classes) => classes.iter().find(|class| !is_class(class)).map(|class| {
                let class: String = class.chars().take(80).collect();
                format!("the `acr` {class:?} is empty, or has a space or what no challenge can say")
            }),
            Self::Within(_) => None,
        }
    }
}

/// Whether a login was neither too long ago nor in the future.
fn is_fresh(at: SystemTime, age: Duration, now: SystemTime) -> bool {
    match now.duration_since(at) {
        Ok(ago) => ago <= age,
        Err(ahead) => ahead.duration() <= AHEAD,
    }
}

/// Whether it can stand in a list within a challenge: what RFC 6750, section 3, allows there, but for
/// the space.
fn is_class(class: &str) -> bool {
    let allowed = |byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
    !class.is_empty() && class.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use toolgate_core::Key;

    use super::*;

    #[test]
    fn a_login_grows_old_and_does_not_come_from_the_future() {
        let second = Duration::from_secs(1);
        let (age, now) = (60 * second, SystemTime::UNIX_EPOCH + 10_000 * second);
        assert!(is_fresh(now, age, now) && is_fresh(now - age, age, now));
        assert!(
            !is_fresh(now - age - second, age, now) && !is_fresh(SystemTime::UNIX_EPOCH, age, now)
        );
        assert!(is_fresh(now + AHEAD, age, now), "a clock that is ahead");
        assert!(!is_fresh(now + AHEAD + second, age, now), "a day that has not come");
    }

    #[test]
    fn what_a_token_does_not_say_is_not_taken_for_granted() {
        let now = SystemTime::now();
        let who = || Identity::new(Key::new("i", "s"));
        let within = Login::Within(Duration::from_secs(60));
        assert!(!within.holds(&who(), now) && within.holds(&who().authenticated(now), now));
        let strong = Login::OneOf(["phr".into(), "phrh".into()].into());
        for (acr, good) in [("phr", true), ("phrh", true), ("PHR", false), ("phr phrh", false)] {
            assert_eq!(strong.holds(&who().acr(acr), now), good, "{acr}");
        }
        assert!(!strong.holds(&who(), now));
    }
}
