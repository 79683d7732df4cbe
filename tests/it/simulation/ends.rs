//! How a run ends: everybody can read again, is told what was promised, and nothing is left.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{
    call::{Call, Fate},
    pipe::Pipe,
    session::Session,
    world::World,
};
use crate::support::old;
impl World {
    /// Everybody reads and comes back, until all is told.
    pub(super) async fn heal(&mut self) {
        let until = Instant::now() + Duration::from_secs(200);
        self.note("heals");
        loop {
            let service = self.node.service.clone();
            for session in self.sessions.iter_mut().filter(|session| session.id.is_some()) {
                let calls = session.calls.iter_mut().filter_map(|call| call.pipe.as_mut());
                session.get.iter_mut().chain(calls).for_each(|pipe| pipe.stalled = false);
                if session.get.is_none() {
                    session.open(&service, false).await;
                }
                for call in 0..session.calls.len() {
                    if session.calls[call].pipe.is_none() {
                        session.resume(&service, call).await;
                    }
                }
            }
            self.look().await;
            let open = self.sessions.iter().flat_map(|session| &session.calls);
            let open = open.chain(self.lines.iter().flat_map(|line| &line.calls));
            if !open.chain(&self.calls).any(|call| call.fate == Fate::Open)
                || Instant::now() > until
            {
                break;
            }
            sleep(Duration::from_millis(500)).await;
        }
        sleep(Duration::from_secs(2)).await;
        self.look().await;
        self.sessions.iter().filter(|session| session.id.is_some()).for_each(|it| it.settled());
        self.watches.iter().for_each(|watch| watch.settled());
        self.lines.iter().for_each(|line| line.settled());
        assert!(self.calls.is_empty(), "calls were never answered");
    }

    /// Everybody goes away, and nothing is left of them.
    pub(super) async fn drain(&mut self) {
        self.note("drains");
        let sessions = std::mem::take(&mut self.sessions).into_iter().enumerate();
        for (number, mut session) in sessions {
            if session.id.is_some() && number % 2 == 0 {
                self.delete(&mut session).await;
            }
        }
        self.watches.clear();
        self.lines.clear();
        self.calls.clear();
        // Calls that outlive their connections have their time.
        sleep(Duration::from_secs(70)).await;
        assert_eq!(self.kept.running.is(), 0, "calls run on");
        let before = Instant::now();
        self.node.service.drain().await;
        assert!(before.elapsed() < Duration::from_secs(1), "something is counted as running");
        // Stores let go of what is too old when they are used again.
        sleep(Duration::from_secs(31 * 60)).await;
        let mut last = Session::new(0, old::LATEST, 4096);
        last.begin(&self.node.service).await;
        let ask = last.post(&Call::new(0, 1, 1, 0).message());
        Pipe::open(&self.node.service, &ask, 4096).answered().await;
        self.delete(&mut last).await;
        assert_eq!(self.kept.sessions.len(), 0, "sessions are left");
        assert_eq!(self.kept.events.used(), 0, "events are left");
    }

    async fn delete(&self, session: &mut Session) {
        let mut ask = session.post(&json!({}));
        "DELETE".clone_into(&mut ask.method);
        let reply = Pipe::open(&self.node.service, &ask, 4096).answered().await;
        assert!(matches!(reply.status(), Some(204 | 404)), "{}", reply.json());
        session.gone();
    }
}
