//! Contracts of the seam, as tests for whoever writes an authenticator or a transport.
//!
//! - [`authenticator`] holds an [`Authenticate`](toolgate_core::Authenticate) to what it owes:
//!   whatever is not a valid credential, sent once and in its place, is nobody.
//! - [`transport`] holds a [`Transport`](toolgate_core::Transport) to what it owes: every request
//!   authenticated, none lost, none mixed up, and an orderly end.
//!
//! Both run every check and then tell all that is broken, each under the name of its rule:
//!
//! ```text
//! the authenticator breaks its contract:
//!   credentials with one byte changed are nobody
//!     - ann's credential, byte 9 changed: taken for `cave`/`ann`
//!     - ann's credential, byte 10 changed: taken for `cave`/`ann`
//!     - and 2 more
//! ```
//!
//! They need a tokio runtime with time, as `#[tokio::test]` brings. What takes longer than half a
//! minute counts as never; where nothing but memory is involved, a paused clock
//! (`#[tokio::test(start_paused = true)]`) makes that instant.

mod authenticator;
mod transport;

use std::{fmt, future::Future, time::Duration};

use tokio::time::timeout;

pub use self::{
    authenticator::{AuthenticatorContract, RESOURCE, Sample, authenticator},
    transport::{Client, Dial, Event, Exchange, TransportContract, transport},
};

/// What takes longer has failed. Nothing is judged by how long it takes within that.
const PATIENCE: Duration = Duration::from_secs(30);

/// Findings of one rule that are told; of the rest, how many.
const TOLD: usize = 3;

/// What is broken of a contract. `Debug` is the readable list as well, so that `unwrap` and `?` in
/// a test show it.
pub struct Broken {
    what: &'static str,
    breaches: Vec<Breach>,
}

/// One thing that is not as its rule says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Breach {
    /// The rule, a short sentence.
    pub rule: &'static str,
    /// What was found instead. Names credentials by their owners and never shows them.
    pub found: String,
}

impl Broken {
    /// All that was found, rule by rule.
    pub fn breaches(&self) -> &[Breach] {
        &self.breaches
    }

    /// The rules that are broken, each once.
    pub fn rules(&self) -> Vec<&'static str> {
        let mut rules: Vec<_> = self.breaches.iter().map(|breach| breach.rule).collect();
        rules.dedup();
        rules
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} breaks its contract:", self.what)?;
        for rule in self.rules() {
            write!(f, "\n  {rule}")?;
            let found: Vec<_> = self.breaches.iter().filter(|breach| breach.rule == rule).collect();
            for breach in found.iter().take(TOLD) {
                write!(f, "\n    - {}", breach.found)?;
            }
            if let Some(more) = found.len().checked_sub(TOLD).filter(|more| *more > 0) {
                write!(f, "\n    - and {more} more")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Broken {}

/// What was found so far.
#[derive(Debug, Default)]
struct Findings(Vec<Breach>);

impl Findings {
    fn add(&mut self, rule: &'static str, found: impl Into<String>) {
        self.0.push(Breach { rule, found: found.into() });
    }

    /// The verdict on `what`, rules in the order in which they were first broken.
    fn verdict(mut self, what: &'static str) -> Result<(), Broken> {
        if self.0.is_empty() {
            return Ok(());
        }
        let order: Vec<_> = self.0.iter().map(|breach| breach.rule).collect();
        self.0.sort_by_key(|breach| order.iter().position(|rule| *rule == breach.rule));
        Err(Broken { what, breaches: self.0 })
    }
}

/// Waits for what has to come.
async fn within<T>(what: &str, coming: impl Future<Output = T>) -> Result<T, String> {
    timeout(PATIENCE, coming).await.map_err(|_| format!("{what}: waited in vain"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_goes_by_rule_and_counts_what_it_leaves_out() {
        let mut findings = Findings::default();
        findings.add("b", "one");
        findings.add("a", "two");
        for n in 3..7 {
            findings.add("b", n.to_string());
        }
        let broken = findings.verdict("it").unwrap_err();
        assert_eq!(broken.rules(), ["b", "a"]);
        assert_eq!(broken.breaches().len(), 6);
        let text = "it breaks its contract:\n  b\n    - one\n    - 3\n    - 4\n    - and 2 more\n  \
                    a\n    - two";
        assert_eq!(broken.to_string(), text);
        assert_eq!(format!("{broken:?}"), text);
        assert!(Findings::default().verdict("it").is_ok());
    }
}
