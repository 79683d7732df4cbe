//! One run: what happens is chosen by chance; what may be seen of it is not.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{
    call::{Call, Fate},
    chance::Chance,
    lines::Line,
    node::{Kept, Node, OWNERS, SHARED, own},
    pipe::{Pipe, settle},
    session::Session,
    watch::Watch,
};
use crate::support::{mcp, old};

/// What happens in one run.
const STEPS: usize = 60;
/// How much of an answer fits on its way to a client.
const ROOMS: &[usize] = &[96, 512, 4096, 65536];

pub(super) struct World {
    chance: Chance,
    pub(super) kept: Kept,
    pub(super) node: Node,
    pub(super) sessions: Vec<Session>,
    pub(super) watches: Vec<Watch>,
    pub(super) lines: Vec<Line>,
    /// Calls of the modern era.
    pub(super) calls: Vec<Call>,
    next: i64,
    switched: bool,
    begun: Instant,
    pub(super) trace: Vec<String>,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let kept = Kept::new(Duration::from_millis(chance.one_of(&[0, 0, 1, 7])));
        let node = Node::start(&kept);
        let mut sessions = Vec::new();
        for n in 0..4 {
            let revision = chance.one_of(&["2025-06-18", "2025-11-25", "2025-11-25"]);
            sessions.push(Session::new(n % OWNERS.len(), revision, chance.one_of(ROOMS)));
        }
        let (watches, lines, calls) = (Vec::new(), Vec::new(), Vec::new());
        let (next, switched, begun, trace) = (100, true, Instant::now(), Vec::new());
        Self { chance, kept, node, sessions, watches, lines, calls, next, switched, begun, trace }
    }

    pub(super) async fn run(&mut self) {
        for _ in 0..STEPS {
            self.step().await;
            // Several things may happen at one moment.
            if self.chance.percent(70) {
                self.look().await;
            }
        }
        self.heal().await;
        self.drain().await;
    }

    /// Says what happens, and when.
    pub(super) fn note(&mut self, what: &str) {
        let note = format!("{} ms: {what}", self.begun.elapsed().as_millis());
        if std::env::var_os(super::SEED).is_some() {
            println!("{note}");
        }
        self.trace.push(note);
    }

    /// Lets time pass as it has to, and reads all there is to read.
    pub(super) async fn look(&mut self) {
        loop {
            settle().await;
            let mut read = false;
            self.sessions.iter_mut().for_each(|it| read |= it.pump());
            self.watches.iter_mut().for_each(|it| read |= it.pump());
            self.lines.iter_mut().for_each(|it| read |= it.pump());
            self.calls.iter_mut().for_each(|it| read |= it.pump(false));
            self.calls.retain(|call| call.fate == Fate::Open);
            if !read {
                break;
            }
            let seen = self.sessions.iter().map(|session| session.heard).sum::<u64>();
            self.note(&format!("{seen} events of sessions"));
        }
    }

    async fn step(&mut self) {
        let which = self.chance.below(self.sessions.len());
        let action = self.chance.below(23);
        self.note(&format!("action {action} of {which}"));
        match action {
            0..=2 => self.call(which).await,
            3 | 4 => self.open(which).await,
            5 => self.sessions[which].get = None,
            6 => self.stall(which),
            7 => {
                let resumable = self.sessions[which].id.is_some();
                self.sessions[which].calls.iter_mut().for_each(|call| call.cut(resumable));
            }
            8 | 9 => self.resume(which).await,
            10 | 11 => self.switch(),
            12 | 13 => self.update(),
            14 => {
                let (thing, on) = (self.chance.below(2), self.chance.percent(75));
                self.begun(which).await;
                self.sessions[which].subscribe(&self.node.service, thing, on).await;
            }
            15 => self.trespass(which).await,
            16 => self.watch().await,
            17 => self.modern_call().await,
            18 => self.line().await,
            19 => self.line_call().await,
            20 => self.break_one().await,
            21 => self.end_or_restart(which).await,
            _ => {
                let time = self.chance.one_of(&[2, 20, 300, 3_000, 20_000]);
                sleep(Duration::from_millis(time)).await;
            }
        }
    }

    async fn begun(&mut self, which: usize) {
        self.sessions[which].begin(&self.node.service).await;
    }

    fn new_call(&mut self, owner: usize) -> Call {
        self.next += 1;
        let to = self.chance.one_of(&[0, 1, 3, 12]);
        let every = self.chance.one_of(&[0, 1, 10, 500]);
        Call::new(owner, self.next, to, every)
    }

    async fn call(&mut self, which: usize) {
        self.begun(which).await;
        let mut call = self.new_call(self.sessions[which].owner);
        let ask = self.sessions[which].post(&call.message());
        let room = self.chance.one_of(ROOMS);
        call.pipe = Some(Pipe::open(&self.node.service, &ask, room));
        self.sessions[which].calls.push(call);
    }

    async fn open(&mut self, which: usize) {
        self.begun(which).await;
        let silently = self.chance.percent(40);
        self.sessions[which].open(&self.node.service, silently).await;
    }

    fn stall(&mut self, which: usize) {
        let stalled = self.chance.percent(50);
        let session = &mut self.sessions[which];
        let calls = session.calls.iter_mut().filter_map(|call| call.pipe.as_mut());
        session.get.iter_mut().chain(calls).for_each(|pipe| pipe.stalled = stalled);
    }

    async fn resume(&mut self, which: usize) {
        let session = &mut self.sessions[which];
        if !session.calls.is_empty() && session.id.is_some() {
            let call = self.chance.below(session.calls.len());
            session.resume(&self.node.service, call).await;
        }
    }

    fn switch(&mut self) {
        self.switched = !self.switched;
        self.node.live.enable_tool("switched", self.switched);
        for session in self.sessions.iter_mut().filter(|session| session.id.is_some()) {
            session.tools.changed();
        }
        for watch in self.watches.iter_mut().filter(|watch| watch.pipe.is_some()) {
            watch.tools.changed();
        }
        self.lines.iter_mut().for_each(|line| line.tools.changed());
    }

    fn update(&mut self) {
        let uris = [SHARED.to_owned(), own(0), own(1), own(2)];
        let uri = &uris[self.chance.below(uris.len())];
        self.node.live.resource_updated(uri.as_str());
        for session in &mut self.sessions {
            for which in 0..2 {
                let is_it = session.uri(which) == *uri;
                if let Some(told) = session.watched[which].as_mut().filter(|_| is_it) {
                    told.changed();
                }
            }
        }
        for watch in self.watches.iter_mut().filter(|it| own(it.owner) == *uri) {
            watch.own.changed();
        }
    }

    /// Somebody tries what is another's.
    async fn trespass(&mut self, which: usize) {
        let other = (which + 1) % self.sessions.len();
        self.begun(which).await;
        let (one, theirs) = (&self.sessions[which], &self.sessions[other]);
        if one.owner == theirs.owner {
            return;
        }
        let service = self.node.service.clone();
        if let Some(id) = theirs.id.clone() {
            let ping = one.post(&old::message(1, "ping", json!({})));
            for method in ["POST", "GET", "DELETE"] {
                let mut ask = ping.clone().with("Mcp-Session-Id", &id);
                method.clone_into(&mut ask.method);
                let reply = Pipe::open(&service, &ask, 4096).answered().await;
                assert_eq!(reply.status(), Some(404), "{method}: {}", reply.json());
            }
        }
        let event = theirs.calls.iter().find_map(|call| call.last.clone());
        if let Some(event) = event {
            let ask = one.post(&json!({})).with("Last-Event-ID", &event);
            let ask = crate::support::client::Ask { method: "GET".into(), ..ask };
            let reply = Pipe::open(&service, &ask, 4096).answered().await;
            let status = reply.status();
            assert!(matches!(status, Some(400 | 404)), "{status:?}: {}", reply.json());
        }
        self.sessions[which].is_refused(&service).await;
        if let Some(line) = self.lines.last() {
            line.is_closed_to(&service, (line.owner + 1) % OWNERS.len()).await;
        }
    }

    async fn watch(&mut self) {
        let (owner, room) = (self.chance.below(OWNERS.len()), self.chance.one_of(ROOMS));
        self.next += 1;
        let watch = Watch::begin(&self.node.service, owner, self.next, room).await;
        self.watches.push(watch);
    }

    async fn modern_call(&mut self) {
        let owner = self.chance.below(OWNERS.len());
        let mut call = self.new_call(owner);
        let mut message = call.message();
        let progress = message["params"]["_meta"]["progressToken"].take();
        message["params"]["_meta"] = mcp::meta();
        let ask = mcp::post(&mcp::with_progress(message, progress)).bearer(OWNERS[owner]);
        call.pipe = Some(Pipe::open(&self.node.service, &ask, self.chance.one_of(ROOMS)));
        self.calls.push(call);
    }

    async fn line(&mut self) {
        let (owner, room) = (self.chance.below(OWNERS.len()), self.chance.one_of(ROOMS));
        let line = Line::begin(&self.node.service, owner, room).await;
        self.lines.push(line);
    }

    async fn line_call(&mut self) {
        let Some(owner) = self.lines.last().filter(|it| it.pipe.is_some()).map(|it| it.owner)
        else {
            return;
        };
        let call = self.new_call(owner);
        if let Some(line) = self.lines.last_mut() {
            line.call(&self.node.service, call).await;
        }
    }

    /// A connection of those that nobody comes back to breaks.
    async fn break_one(&mut self) {
        match self.chance.below(3) {
            0 => drop(self.watches.pop()),
            1 => drop(self.lines.pop()),
            _ => drop(self.calls.pop()),
        }
    }

    async fn end_or_restart(&mut self, which: usize) {
        match self.chance.below(4) {
            0 if self.sessions[which].id.is_some() => {
                let mut ask = self.sessions[which].post(&json!({}));
                "DELETE".clone_into(&mut ask.method);
                let reply = Pipe::open(&self.node.service, &ask, 4096).answered().await;
                assert!(matches!(reply.status(), Some(204 | 404)), "{}", reply.json());
                self.sessions[which].gone();
            }
            1 => self.restart(false),
            2 => self.restart(true),
            _ => {}
        }
    }

    /// Another server takes over, while the one before it finishes what it has begun.
    fn restart(&mut self, loses: bool) {
        let before = self.node.service.clone();
        tokio::spawn(async move { before.drain().await });
        if loses {
            self.kept.lose();
        }
        self.node = Node::start(&self.kept);
        self.switched = true;
        for session in &mut self.sessions {
            session.moved();
            if loses && session.id.is_some() {
                // It will be told that it is gone.
                session.gone();
                session.id = Some("gone".into());
            }
        }
        self.watches.clear();
        self.lines.clear();
    }
}
