//! Stores that hang, changes meanwhile, and readers with credentials of their own.

use std::{
    future::pending,
    sync::Mutex,
    time::{Duration, SystemTime},
};

use tokio::{sync::Notify, time::sleep};
use toolgate_core::{
    Caller, Identity, Key, Revocations, Shutdown, Standing,
    legacy::{Owner, SessionId, SessionKey},
};

use super::{
    super::{
        live::{OwnStream, Reading},
        sessions::{Ends, LiveSessions},
    },
    *,
};
use crate::http::{
    admission::{Admission, Bucket, Permit},
    limits::Limits,
};

const SECOND: Duration = Duration::from_secs(1);

/// Who is shut out, by token or subject; of `slow` nobody can tell.
#[derive(Default)]
struct Says {
    out: Mutex<Vec<&'static str>>,
    changed: Notify,
}

impl Says {
    fn deny(&self, whom: &'static str) {
        self.out.lock().unwrap().push(whom);
        self.changed.notify_waiters();
    }
}

impl Revocations for Says {
    fn standing<'a>(&'a self, who: &'a Identity) -> BoxFuture<'a, Standing> {
        let named = |name: &&str| **name == *who.key.subject || who.scopes.contains(name);
        let out = self.out.lock().unwrap().iter().any(named);
        Box::pin(async move {
            match &*who.key.subject {
                "slow" => pending().await,
                _ if out => Standing::Revoked,
                _ => Standing::Good,
            }
        })
    }

    fn changed(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.changed.notified())
    }
}

struct Stage {
    says: Arc<Says>,
    sessions: LiveSessions,
    permit: Arc<Permit>,
}

impl Stage {
    fn new() -> Self {
        let says = Arc::new(Says::default());
        let revoking = Revoking { by: says.clone(), within: 30 * SECOND, every: 30 * SECOND };
        let ends = Ends { stopping: Shutdown::never(), revoking: Some(revoking) };
        // Nobody reads here, and that is not what is looked at.
        let limits = Limits::default().keep_alive(1000 * SECOND);
        let sessions = LiveSessions::new(&limits, None, None, ends);
        let permit = Arc::new(Admission::new(1, 1).enter(Bucket::Anybody).unwrap());
        Self { says, sessions, permit }
    }

    /// A session of one who reads it with other credentials.
    fn read_by(&self, owner: &Caller, reader: &Caller) -> (SessionKey, OwnStream) {
        let key = SessionKey::new(SessionId::random().unwrap(), Owner::of(owner));
        let live = self.sessions.of(&key, owner).unwrap();
        let reading = Reading::new(self.permit.clone(), reader, VecDeque::new());
        (key, live.give(reading))
    }

    fn read(&self, who: &Caller) -> (SessionKey, OwnStream) {
        self.read_by(who, who)
    }

    fn is_read(&self, of: &(SessionKey, OwnStream)) -> bool {
        self.sessions.find(&of.0).is_some_and(|live| live.is_read())
    }
}

fn who(subject: &str, token: &'static str, seconds: u64) -> Caller {
    let identity = Identity::new(Key::new("i", subject)).scopes([token]);
    identity.expires(SystemTime::now() + Duration::from_secs(seconds)).into()
}

#[tokio::test(start_paused = true)]
async fn where_nobody_can_tell_all_streams_end_in_time_however_many() {
    let stage = Stage::new();
    let slow = who("slow", "a", 9000);
    let streams: Vec<_> = (0..60 * ASKED).map(|_| stage.read(&slow)).collect();
    sleep(59 * SECOND).await;
    assert!(streams.iter().all(|it| stage.is_read(it)), "a short silence ends none");
    sleep(40 * SECOND).await;
    assert_eq!(streams.iter().filter(|it| stage.is_read(it)).count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_change_is_heeded_while_a_store_is_slow_about_others() {
    let stage = Stage::new();
    let (slow, ada) = (who("slow", "a", 9000), who("ada", "b", 9000));
    let others: Vec<_> = (0..2 * ASKED).map(|_| stage.read(&slow)).collect();
    let read = stage.read(&ada);
    sleep(SECOND).await;
    stage.says.changed.notify_waiters();
    sleep(SECOND).await;
    stage.says.deny("ada");
    assert!(stage.is_read(&read));
    sleep(7 * SECOND).await;
    assert!(!stage.is_read(&read) && others.iter().all(|it| stage.is_read(it)));
}

#[tokio::test(start_paused = true)]
async fn no_session_is_held_while_it_is_asked_about() {
    let stage = Stage::new();
    let (key, stream) = stage.read(&who("slow", "a", 9000));
    sleep(SECOND).await;
    stage.says.changed.notify_waiters();
    sleep(SECOND / 2).await;
    drop(stream);
    sleep(SECOND).await;
    assert!(stage.sessions.find(&key).is_none(), "nobody reads it and it listens to nothing");
}

#[tokio::test(start_paused = true)]
async fn who_reads_with_credentials_of_their_own_is_asked_about_too() {
    let stage = Stage::new();
    let (long, short) = (who("ada", "a", 9000), who("ada", "b", 300));
    let (theirs, own) = (stage.read_by(&long, &short), stage.read(&long));
    sleep(SECOND).await;
    stage.says.deny("b");
    sleep(SECOND).await;
    assert!(!stage.is_read(&theirs) && stage.is_read(&own));
    let live = stage.sessions.find(&theirs.0);
    assert!(live.is_none_or(|live| !live.tenure.is_revoked()), "the owner goes on");
}
