//! The drill: what callers see while authorization servers go down, change keys, fall silent, and while
//! the clock is wrong. Calls run all the time. Nobody wrong is let in, nobody is told to log in again
//! whose token can still be verified, and all is well again without a restart.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, SystemTime},
};

use tokio::{sync::watch, task::JoinSet};
use toolgate_auth::{chain, jwt};
use toolgate_testkit::{AuthorizationServer, SigningKey, Token};
use toolgate_transport::http::Limits;

use super::{RESOURCE, Served, bound, call, opaque::Issuer, server};
use crate::support::client::within;

/// What everybody calls who is wrong.
const EVE: &str = "eve";

struct Drill {
    signer: AuthorizationServer,
    issuer: Issuer,
    served: Arc<Served>,
    /// How far the server's clock is ahead, in seconds.
    ahead: Arc<AtomicI64>,
    callers: Vec<Caller>,
    over: Arc<AtomicBool>,
    running: JoinSet<()>,
}

/// Somebody who calls all the time.
struct Caller {
    name: &'static str,
    calls: watch::Receiver<u64>,
    /// What came of it since somebody looked.
    seen: Arc<Mutex<BTreeSet<u16>>>,
}

impl Drill {
    async fn start() -> Self {
        let signer = AuthorizationServer::start().await.expect("an issuer");
        let (issuer, ahead) = (Issuer::start().await, Arc::new(AtomicI64::new(0)));
        let clock = {
            let ahead = ahead.clone();
            move || {
                let ahead = ahead.load(Ordering::SeqCst);
                let by = Duration::from_secs(ahead.unsigned_abs());
                let now = SystemTime::now();
                if ahead < 0 { now - by } else { now + by }
            }
        };
        let signed = jwt(signer.issuer()).leave_other_tokens().clock(clock.clone());
        let opaque = issuer.verifier().leave_jwts().clock(clock);
        let opaque = opaque.timeout(Duration::from_millis(500)).build();
        let auth = chain(signed.build().expect("settings that agree"))
            .or(opaque.expect("settings that agree"));
        // All callers are one address, and some of them are wrong all the time.
        let http = bound().auth(auth).limits(Limits::default().failures(None));
        let served = Arc::new(Served::start(server(), http).await);
        let over = Arc::default();
        let (callers, running) = (Vec::new(), JoinSet::new());
        Self { signer, issuer, served, ahead, callers, over, running }
    }

    fn token(&self) -> Token {
        self.signer
            .token("ann")
            .client("desk")
            .audience(RESOURCE)
            .lifetime(Duration::from_secs(9_999))
    }

    fn joins(&mut self, name: &'static str, token: String) {
        let (count, calls) = watch::channel(0);
        let seen = Arc::<Mutex<BTreeSet<u16>>>::default();
        let (served, over, told) = (self.served.clone(), self.over.clone(), seen.clone());
        self.running.spawn(async move {
            while !over.load(Ordering::SeqCst) {
                let reply = served.send(&call().bearer(&token)).await;
                told.lock().expect("no panic").insert(reply.status);
                count.send_modify(|count| *count += 1);
            }
        });
        self.callers.push(Caller { name, calls, seen });
    }

    /// What each sees of the calls that begin from here on. The next to end may have begun before.
    async fn sees(&mut self) -> Vec<(&'static str, BTreeSet<u16>)> {
        self.rounds(1).await;
        self.callers.iter().for_each(|one| one.seen.lock().expect("no panic").clear());
        self.rounds(3).await;
        let seen = |one: &Caller| (one.name, one.seen.lock().expect("no panic").clone());
        self.callers.iter().map(seen).collect()
    }

    async fn rounds(&mut self, more: u64) {
        for caller in &mut self.callers {
            let until = *caller.calls.borrow_and_update() + more;
            let come = caller.calls.wait_for(|calls| *calls >= until);
            within(caller.name, come).await.expect("it calls on");
        }
    }

    /// Holds what is seen to what may be.
    async fn expect(&mut self, phase: &str, rows: &[(&str, &[u16])]) {
        for (name, seen) in self.sees().await {
            // Nobody wrong is ever let in; whether that can be told is another matter.
            let wrong: &[u16] = &[401, 503];
            let row = rows.iter().find(|(caller, _)| *caller == name).map(|(_, allowed)| *allowed);
            let allowed = row.unwrap_or(if name == EVE { wrong } else { &[200] });
            let all = seen.iter().all(|status| allowed.contains(status));
            assert!(all && !seen.is_empty(), "{phase}: {name} sees {seen:?}");
        }
    }

    /// Waits until somebody is let in again.
    async fn until_in(&mut self, name: &str) {
        let at = self.callers.iter().position(|one| one.name == name).expect("one of them");
        let again = async {
            loop {
                self.callers[at].seen.lock().expect("no panic").clear();
                let mut calls = self.callers[at].calls.clone();
                let until = *calls.borrow() + 2;
                calls.wait_for(|calls| *calls >= until).await.expect("it calls on");
                if self.callers[at].seen.lock().expect("no panic").contains(&200) {
                    return;
                }
            }
        };
        within(name, again).await;
    }

    async fn ends(mut self) {
        self.over.store(true, Ordering::SeqCst);
        while let Some(ended) = self.running.join_next().await {
            ended.expect("no panic");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_wrong_is_let_in_and_nobody_right_sent_away() {
    let mut drill = Drill::start().await;
    let old = drill.token().sign();
    drill.joins("signed", old);
    drill.joins("opaque", "opaque-ann".to_owned());
    let past = SystemTime::now() - Duration::from_secs(7_200);
    for wrong in [
        drill.token().audience("https://other.example").sign(),
        drill.token().expires_at(past).sign(),
        drill.token().key(SigningKey::Impostor).sign(),
        "opaque-eve".to_owned(),
        "opaque-elsewhere".to_owned(),
    ] {
        drill.joins(EVE, wrong);
    }
    drill.until_in("signed").await;
    drill.until_in("opaque").await;
    drill.expect("calm", &[]).await;

    // Nobody answers: what is known counts.
    drill.signer.go_down();
    drill.issuer.fails(true);
    drill.expect("down", &[]).await;
    // Keys change meanwhile. Whether a key is a new one nobody can tell: that is no reason to log in.
    drill.signer.rotate();
    let new = drill.token().sign();
    drill.joins("rotated", new);
    drill.expect("keys changed while down", &[("rotated", &[503])]).await;
    // What was remembered of opaque tokens is over.
    drill.ahead.store(61, Ordering::SeqCst);
    drill.expect("down for long", &[("rotated", &[503]), ("opaque", &[503])]).await;

    // They are back.
    drill.ahead.store(0, Ordering::SeqCst);
    drill.signer.come_back();
    drill.issuer.fails(false);
    drill.until_in("rotated").await;
    drill.until_in("opaque").await;
    // The old key is published no more, so that it is not good any more is known.
    drill.expect("back", &[("signed", &[401])]).await;

    // Clocks differ: within the leeway nobody is sent away, beyond it nobody let in.
    for (ahead, fresh) in [(-20, 200), (-90, 401), (20, 200)] {
        drill.ahead.store(ahead, Ordering::SeqCst);
        let now = drill.served.send(&call().bearer(&drill.token().sign())).await;
        assert_eq!(now.status, fresh, "{ahead} seconds: {}", now.text());
    }
    drill.ahead.store(0, Ordering::SeqCst);
    drill.until_in("opaque").await;
    drill.expect("the clock is right again", &[("signed", &[401])]).await;

    // The other takes questions, and answers none of them.
    drill.issuer.holds(true);
    drill.joins("unknown", "opaque-bob".to_owned());
    drill.expect("silence", &[("signed", &[401]), ("unknown", &[503])]).await;
    drill.issuer.holds(false);
    drill.until_in("unknown").await;
    drill.expect("over", &[("signed", &[401])]).await;
    drill.ends().await;
}
