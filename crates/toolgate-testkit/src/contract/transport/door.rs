//! The kit's authenticator: some are known, one can be revoked, and the rest is trouble.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::Notify;
use toolgate_core::{
    Authenticate, BoxFuture, Credentials, Identity, Key, Refusal, Scopes, Verdict,
    credentials::Field,
};

const ISSUER: &str = "https://issuer.contract.example";

/// Whose words would be a leak.
pub(super) const INNER: &str = "inner-words-of-the-authenticator";

/// Somebody whom the door knows.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) token: &'static str,
    pub(super) subject: &'static str,
    pub(super) client: Option<&'static str>,
}

pub(super) const ANN: Person =
    Person { token: "token-of-ann", subject: "ann", client: Some("desk") };
pub(super) const BOB: Person = Person { token: "token-of-bob", subject: "bob", client: None };
/// Known after a while.
pub(super) const SLOW: Person = Person { token: "token-of-slow", subject: "slow", client: None };

/// Known to nobody.
pub(super) const UNKNOWN: &str = "token-of-nobody";
/// Of a kind that the door does not judge.
pub(super) const NOT_MINE: &str = "token-of-another-kind";
/// What makes the door unable to decide, or decide against, with what it then does.
pub(super) const UNDECIDED: &[&str] =
    &["token-that-fails", "token-that-panics", "token-that-panics-at-once", "token-to-put-off"];
/// Valid, and not let in.
pub(super) const FORBIDDEN: &str = "token-that-is-forbidden";

impl Person {
    pub(super) fn key(&self) -> Key {
        let key = Key::new(ISSUER, self.subject);
        match self.client {
            Some(client) => key.client(client),
            None => key,
        }
    }
}

/// Knows three. Clones are the same door.
#[derive(Clone, Debug, Default)]
pub(super) struct Door(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// Whether ann's token is good no longer.
    revoked: AtomicBool,
    slow_waits: Notify,
    slow_may_go: Notify,
}

impl Door {
    pub(super) fn revoke_ann(&self) {
        self.0.revoked.store(true, Ordering::SeqCst);
    }

    /// Comes back once the slow one is being judged.
    pub(super) async fn slow_waits(&self) {
        self.0.slow_waits.notified().await;
    }

    pub(super) fn let_slow_go(&self) {
        self.0.slow_may_go.notify_one();
    }

    async fn judge(&self, with: &Credentials) -> Verdict {
        let value = match with.field("authorization") {
            Field::One(value) => value,
            Field::Absent => return Refusal::missing().into(),
            _ => return Refusal::malformed("credentials are sent more than once").into(),
        };
        let token = value.strip_prefix(b"Bearer ").and_then(|it| std::str::from_utf8(it).ok());
        match token {
            Some(token) if token == ANN.token && !self.0.revoked.load(Ordering::SeqCst) => {
                known(&ANN)
            }
            Some(token) if token == BOB.token => known(&BOB),
            Some(token) if token == SLOW.token => {
                self.0.slow_waits.notify_one();
                self.0.slow_may_go.notified().await;
                // Once and for all: a transport may ask twice, before it serves and for a request.
                self.0.slow_may_go.notify_one();
                known(&SLOW)
            }
            Some(NOT_MINE) => Verdict::NotMine,
            Some(FORBIDDEN) => Verdict::Forbidden(Refusal::invalid("forbidden").detail(INNER)),
            Some("token-that-fails") => Verdict::Failed(INNER.into()),
            Some("token-that-panics") => panics(),
            Some("token-to-put-off") => {
                Verdict::Unavailable { retry: std::time::Duration::from_secs(7) }
            }
            _ => Refusal::invalid("nobody has this token").detail(INNER).into(),
        }
    }
}

impl Authenticate for Door {
    fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict> {
        if with.field("authorization") == Field::One(b"Bearer token-that-panics-at-once"[..].into())
        {
            panics();
        }
        Box::pin(self.judge(with))
    }
}

fn known(person: &Person) -> Verdict {
    Verdict::known(Identity::new(person.key()).scopes(Scopes::from(["contract:read"])))
}

#[expect(clippy::panic, reason = "what is tested is who survives it")]
fn panics() -> Verdict {
    panic!("{INNER}")
}
