//! An authorization server's metadata at this server's own origin: clients of 2025-03-26 look for it
//! there and nowhere else (authorization, "Server Metadata Discovery").
//!
//! It is a copy, and never a relay: what an issuer publishes is fetched by the authenticator, a few
//! times an hour whoever asks here, and of that the members below are passed on. Nothing that a
//! client sends goes further than this server. `issuer` stays what it is, so a client of a later
//! revision, which has another rule to go by (RFC 8414, section 3.3), takes the copy for nobody's.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use serde_json::{Map, Value};
use tokio::{
    sync::watch,
    time::{Instant, timeout, timeout_at},
};
use toolgate_core::{Authenticate, protocol::Json};

/// Where it is, whatever the endpoint's path.
pub(crate) const WELL_KNOWN: &str = "/.well-known/oauth-authorization-server";

/// What is passed on: RFC 8414, section 2, without `signed_metadata`, which would say the rest again;
/// and what the safety of a login hangs on (RFC 9207, RFC 9449, client-id metadata documents).
const MEMBERS: &[&str] = &[
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "registration_endpoint",
    "scopes_supported",
    "response_types_supported",
    "response_modes_supported",
    "grant_types_supported",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "service_documentation",
    "ui_locales_supported",
    "op_policy_uri",
    "op_tos_uri",
    "revocation_endpoint",
    "revocation_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
    "introspection_endpoint",
    "introspection_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_signing_alg_values_supported",
    "code_challenge_methods_supported",
    "authorization_response_iss_parameter_supported",
    "client_id_metadata_document_supported",
    "dpop_signing_alg_values_supported",
];

/// Largest copy, in bytes.
const MOST: usize = 64 * 1024;
/// Age at which a copy is renewed, while it stays in use.
const STALE: Duration = Duration::from_secs(10 * 60);
/// Age at which a copy is used no longer.
const DEAD: Duration = Duration::from_secs(6 * 60 * 60);
/// Shortest time from the end of a question to the next, however many ask here.
const PAUSE: Duration = Duration::from_secs(10);
/// Longest that one question may take.
const FLIGHT: Duration = Duration::from_secs(30);
/// How long after a question began its answer is waited for here. Each who waits holds a place of
/// its connection, and may be anybody.
const WAIT: Duration = Duration::from_secs(5);

/// The copy of one issuer's metadata.
#[derive(Debug)]
pub(crate) struct Mirrored {
    issuer: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    held: Option<(Instant, Bytes)>,
    /// When the last question ended.
    tried: Option<Instant>,
    /// When the last question began, and what is closed when it ends, however it ends.
    flight: Option<(Instant, watch::Receiver<()>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Answer with what there is, be it nothing.
    Answer,
    /// Answer with what there is, and ask meanwhile.
    Renew,
    /// Ask, or wait for who asks.
    Wait,
}

/// What to do. Times are ages.
fn step(held: Option<Duration>, tried: Option<Duration>, flying: bool) -> Step {
    let may_ask = !flying && tried.is_none_or(|tried| tried >= PAUSE);
    match held {
        Some(age) if age <= STALE => Step::Answer,
        Some(age) if age <= DEAD => {
            if may_ask {
                Step::Renew
            } else {
                Step::Answer
            }
        }
        _ if may_ask || flying => Step::Wait,
        _ => Step::Answer,
    }
}

impl Mirrored {
    pub(crate) fn new(issuer: String) -> Arc<Self> {
        Arc::new(Self { issuer, state: Mutex::default() })
    }

    /// The copy; none where the metadata cannot be had.
    pub(crate) async fn text(self: &Arc<Self>, auth: &Arc<dyn Authenticate>) -> Option<Bytes> {
        let flight = {
            let mut state = self.state();
            match step(state.age(), state.tried.map(|at| at.elapsed()), state.flying().is_some()) {
                Step::Answer => return state.usable(),
                Step::Renew => {
                    self.ask(&mut state, auth);
                    return state.usable();
                }
                Step::Wait => self.ask(&mut state, auth),
            }
        };
        let (began, mut flight) = flight;
        // Its end closes the channel; nothing is sent.
        let _ = timeout_at(began + WAIT, flight.changed()).await;
        self.state().usable()
    }

    /// The question that runs, or a new one. It runs in a task of its own: a client that goes away
    /// ends no question that others wait for.
    fn ask(
        self: &Arc<Self>,
        state: &mut State,
        auth: &Arc<dyn Authenticate>,
    ) -> (Instant, watch::Receiver<()>) {
        if let Some(flight) = state.flying() {
            return flight.clone();
        }
        let (end, flight) = watch::channel(());
        let flight = (Instant::now(), flight);
        state.flight = Some(flight.clone());
        let (this, auth) = (self.clone(), auth.clone());
        tokio::spawn(async move {
            let asking = Asking { of: this, _end: end };
            let this = &asking.of;
            let published = timeout(FLIGHT, auth.issuer_metadata(&this.issuer)).await;
            match published.ok().flatten().and_then(|it| copy(&it, &this.issuer)) {
                Some(text) => this.state().held = Some((Instant::now(), text)),
                None => tracing::warn!(
                    issuer = %this.issuer,
                    "the authorization server's metadata cannot be had, so it is not mirrored"
                ),
            }
        });
        flight
    }

    /// A panic elsewhere leaves nothing half-written here: every change is one assignment.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question that runs. Its end is told however it ends, by a panic too.
struct Asking {
    of: Arc<Mirrored>,
    _end: watch::Sender<()>,
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.of.state().tried = Some(Instant::now());
    }
}

impl State {
    fn age(&self) -> Option<Duration> {
        self.held.as_ref().map(|(since, _)| since.elapsed())
    }

    fn usable(&self) -> Option<Bytes> {
        let held = self.held.as_ref().filter(|(since, _)| since.elapsed() <= DEAD);
        held.map(|(_, text)| text.clone())
    }

    fn flying(&self) -> Option<&(Instant, watch::Receiver<()>)> {
        self.flight.as_ref().filter(|(_, flight)| flight.has_changed().is_ok())
    }
}

/// What is passed on of an issuer's metadata; nothing of anybody else's.
fn copy(published: &Json, issuer: &str) -> Option<Bytes> {
    let mut published: Map<String, Value> = published.parse().ok()?;
    if published.get("issuer").and_then(Value::as_str) != Some(issuer) {
        return None;
    }
    let known = MEMBERS.iter().filter_map(|name| published.remove_entry(*name));
    let text = Value::Object(known.collect()).to_string();
    (text.len() <= MOST).then(|| text.into())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::FutureExt;
    use serde_json::json;
    use tokio::sync::Semaphore;
    use toolgate_core::{BoxFuture, Credentials, Refusal, Verdict};

    use super::*;

    /// Somebody who publishes once the gate is open, or panics.
    struct Publisher {
        gate: Semaphore,
        asked: AtomicUsize,
        panics: bool,
    }

    impl Publisher {
        fn new(panics: bool) -> Arc<Self> {
            Arc::new(Self { gate: Semaphore::new(0), asked: AtomicUsize::new(0), panics })
        }
    }

    impl Authenticate for Publisher {
        fn authenticate<'a>(&'a self, _: &'a Credentials) -> BoxFuture<'a, Verdict> {
            Box::pin(async { Refusal::missing().into() })
        }

        fn issuer_metadata<'a>(&'a self, issuer: &'a str) -> BoxFuture<'a, Option<Json>> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            assert!(!self.panics, "as the author wants it");
            Box::pin(async move {
                self.gate.acquire().await.ok()?.forget();
                Json::of(&json!({ "issuer": issuer })).ok()
            })
        }
    }

    #[tokio::test]
    async fn who_goes_away_ends_no_question_that_others_wait_for() {
        let publisher = Publisher::new(false);
        let auth: Arc<dyn Authenticate> = publisher.clone();
        let mirrored = Mirrored::new("https://as.example".into());
        assert!(mirrored.text(&auth).now_or_never().is_none(), "the first asks and is gone");
        let second = mirrored.text(&auth);
        publisher.gate.add_permits(1);
        assert!(second.await.is_some());
        assert_eq!(publisher.asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_authenticator_that_panics_is_asked_again_later() {
        let publisher = Publisher::new(true);
        let auth: Arc<dyn Authenticate> = publisher.clone();
        let mirrored = Mirrored::new("https://as.example".into());
        for _ in 0..3 {
            assert_eq!(mirrored.text(&auth).await, None);
        }
        assert_eq!(publisher.asked.load(Ordering::SeqCst), 1);
        tokio::time::advance(PAUSE).await;
        assert_eq!(mirrored.text(&auth).await, None);
        assert_eq!(publisher.asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn who_never_answers_is_waited_for_a_little_and_then_left_alone_for_a_while() {
        let publisher = Publisher::new(false);
        let auth: Arc<dyn Authenticate> = publisher.clone();
        let mirrored = Mirrored::new("https://as.example".into());
        let began = Instant::now();
        assert_eq!(mirrored.text(&auth).await, None);
        assert_eq!(began.elapsed(), WAIT);
        let at_once = || mirrored.text(&auth).now_or_never();
        assert_eq!(at_once(), Some(None), "who comes later waits no longer");
        let mut flight = mirrored.state().flying().unwrap().1.clone();
        assert!(flight.changed().await.is_err());
        assert_eq!(began.elapsed(), FLIGHT);
        assert_eq!(at_once(), Some(None), "no new question begins where the last has just ended");
        assert_eq!(publisher.asked.load(Ordering::SeqCst), 1);
        tokio::time::advance(PAUSE).await;
        publisher.gate.add_permits(1);
        assert!(mirrored.text(&auth).await.is_some());
        assert_eq!(publisher.asked.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_copy_is_of_its_issuer_and_says_what_is_known() {
        let copied = |text: &Value| {
            let text = copy(&Json::of(text).unwrap(), "https://as.example")?;
            serde_json::from_slice::<Value>(&text).ok()
        };
        let published = json!({
            "issuer": "https://as.example",
            "token_endpoint": "https://as.example/token",
            "code_challenge_methods_supported": ["S256"],
            "signed_metadata": "e30.e30.",
            "internal_host": "10.0.0.1",
        });
        let expected = json!({
            "issuer": "https://as.example",
            "token_endpoint": "https://as.example/token",
            "code_challenge_methods_supported": ["S256"],
        });
        assert_eq!(copied(&published), Some(expected));
        assert_eq!(copied(&json!({"issuer": "https://as.example/"})), None);
        assert_eq!(copied(&json!({"token_endpoint": "https://as.example/token"})), None);
        assert_eq!(copied(&json!([])), None);
        let much = "x".repeat(MOST);
        assert_eq!(copied(&json!({"issuer": "https://as.example", "op_tos_uri": much})), None);
    }

    #[test]
    fn it_is_asked_for_seldom_and_used_for_hours() {
        let s = |seconds| Some(Duration::from_secs(seconds));
        for (held, tried, flying, expected) in [
            (None, None, false, Step::Wait),
            (None, s(1), true, Step::Wait),
            (None, s(1), false, Step::Answer),
            (None, s(10), false, Step::Wait),
            (s(600), s(600), false, Step::Answer),
            (s(601), s(601), false, Step::Renew),
            (s(601), s(9), false, Step::Answer),
            (s(601), s(601), true, Step::Answer),
            (s(21_601), s(9), false, Step::Answer),
            (s(21_601), s(10), false, Step::Wait),
        ] {
            assert_eq!(step(held, tried, flying), expected, "{held:?} {tried:?} {flying}");
        }
    }
}
