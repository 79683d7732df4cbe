//! A client of the revisions with sessions: its own stream, its calls, and how it comes back.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use toolgate_transport::http::McpService;

use super::{
    call::{Call, Fate},
    node::{OWNERS, SHARED, own},
    pipe::Pipe,
    told::Told,
};
use crate::support::{
    client::Ask,
    old::{self, Event},
};

pub(super) struct Session {
    pub(super) owner: usize,
    revision: &'static str,
    /// None before it has begun, and once it is gone.
    pub(super) id: Option<String>,
    pub(super) get: Option<Pipe>,
    /// Connections that broke without a word: the server does not know yet.
    ghosts: Vec<Pipe>,
    last: Option<String>,
    ids: std::collections::HashSet<String>,
    pub(super) tools: Told,
    /// Resources that it watches.
    pub(super) watched: [Option<Told>; 2],
    pub(super) calls: Vec<Call>,
    room: usize,
    /// How many events it has heard.
    pub(super) heard: u64,
    /// When it was last known to read its own stream.
    pub(super) read: Instant,
}

/// For how long what a session listens to waits for its reader, and a little less.
const AWAY: Duration = Duration::from_secs(290);

impl Session {
    pub(super) fn new(owner: usize, revision: &'static str, room: usize) -> Self {
        Self {
            owner,
            revision,
            id: None,
            get: None,
            ghosts: Vec::new(),
            last: None,
            ids: std::collections::HashSet::new(),
            tools: Told::default(),
            watched: [None, None],
            calls: Vec::new(),
            room,
            heard: 0,
            read: Instant::now(),
        }
    }

    fn name(&self) -> String {
        format!("a session of {}", OWNERS[self.owner])
    }

    pub(super) fn uri(&self, which: usize) -> String {
        if which == 0 { SHARED.to_owned() } else { own(self.owner) }
    }

    /// Says of a request that it belongs here.
    pub(super) fn stamp(&self, ask: Ask) -> Ask {
        ask.bearer(OWNERS[self.owner])
            .with("Mcp-Session-Id", self.id.as_deref().unwrap_or("none"))
            .with("MCP-Protocol-Version", self.revision)
    }

    pub(super) fn post(&self, message: &Value) -> Ask {
        self.stamp(old::post(message))
    }

    fn get(&self, last: Option<&str>) -> Ask {
        let ask = self.stamp(Ask::get("/mcp").with("Accept", "text/event-stream"));
        match last {
            Some(last) => ask.with("Last-Event-ID", last),
            None => ask,
        }
    }

    /// Begins a session, where there is none.
    pub(super) async fn begin(&mut self, service: &McpService) {
        if self.id.is_some() {
            return;
        }
        let ask = old::post(&old::handshake(self.revision)).bearer(OWNERS[self.owner]);
        let reply = Pipe::open(service, &ask, self.room).answered().await;
        assert_eq!(reply.status(), Some(200), "{}: {}", self.name(), reply.json());
        self.id = reply.field("mcp-session-id").map(str::to_owned);
        assert!(self.id.is_some(), "{}: no id", self.name());
    }

    /// Everything that belonged to it is gone.
    pub(super) fn gone(&mut self) {
        self.id = None;
        (self.get, self.last) = (None, None);
        self.ids.clear();
        self.ghosts.clear();
        self.tools = Told::default();
        self.watched = [None, None];
        for call in &mut self.calls {
            call.strayed = true;
            if call.pipe.is_none() && call.fate == Fate::Open {
                call.fate = Fate::Lost;
            }
        }
    }

    /// Sends what is answered with a document. The answer, unless the session is gone.
    pub(super) async fn ask(&mut self, service: &McpService, ask: &Ask) -> Option<Pipe> {
        let reply = Pipe::open(service, ask, self.room).answered().await;
        if reply.status() == Some(404) {
            self.gone();
            return None;
        }
        Some(reply)
    }

    /// Opens its own stream, or comes back to it. `silently` the connection before it stays open,
    /// as far as the server knows.
    pub(super) async fn open(&mut self, service: &McpService, silently: bool) {
        let before = self.get.take();
        if silently {
            self.ghosts.extend(before);
        }
        if self.read.elapsed() > AWAY {
            self.lapse();
        } else if self.last.is_none() {
            // What was lost on the way cannot be asked for.
            self.tools.forgive();
            self.watched.iter_mut().flatten().for_each(Told::forgive);
        }
        let ask = self.get(self.last.as_deref());
        let Some(pipe) = self.ask(service, &ask).await else { return };
        assert_eq!(pipe.status(), Some(200), "{}: {}", self.name(), pipe.json());
        self.get = Some(pipe);
        self.read = Instant::now();
        self.tools.begin();
    }

    /// What it watched has to be asked for again.
    fn lapse(&mut self) {
        self.tools.lapse();
        self.watched.iter_mut().flatten().for_each(Told::lapse);
    }

    /// The server that it knew is another now: what it watched has to be asked for again.
    pub(super) fn moved(&mut self) {
        // It is told to look, in case.
        self.watched.iter_mut().flatten().for_each(Told::may_be);
        self.lapse();
        self.get = None;
    }

    pub(super) async fn subscribe(&mut self, service: &McpService, which: usize, on: bool) {
        let word = if on { "resources/subscribe" } else { "resources/unsubscribe" };
        let message = old::message(1_000_000, word, json!({"uri": self.uri(which)}));
        if on {
            // What changes meanwhile may be told.
            self.watched[which].get_or_insert_default();
        } else if let Some(told) = &mut self.watched[which] {
            told.lapse();
        }
        let ask = self.post(&message);
        let Some(reply) = self.ask(service, &ask).await else { return };
        assert_eq!(reply.json()["result"], json!({}), "{}: {}", self.name(), reply.json());
        if let Some(told) = self.watched[which].as_mut().filter(|_| on) {
            told.begin();
            if self.get.is_none() {
                // Nobody reads, but this begins to wait for somebody.
                self.read = self.read.max(Instant::now());
            }
        }
    }

    /// Asks for what is not its own; nothing of it may be had.
    pub(super) async fn is_refused(&mut self, service: &McpService) {
        let other = own((self.owner + 1) % OWNERS.len());
        let message = old::message(1_000_001, "resources/subscribe", json!({"uri": other}));
        let ask = self.post(&message);
        let Some(reply) = self.ask(service, &ask).await else { return };
        assert!(reply.json()["error"].is_object(), "{}: watches {other}", self.name());
    }

    /// Comes back to a call.
    pub(super) async fn resume(&mut self, service: &McpService, which: usize) {
        let call = &self.calls[which];
        let Some(last) = call.last.clone().filter(|_| !call.strayed) else { return };
        let ask = self.get(Some(&last));
        let Some(pipe) = self.ask(service, &ask).await else { return };
        assert_eq!(pipe.status(), Some(200), "{}: {}", self.name(), pipe.json());
        self.calls[which].pipe = Some(pipe);
    }

    /// Reads what is there. Whether there was anything.
    pub(super) fn pump(&mut self) -> bool {
        let mut read = false;
        for call in &mut self.calls {
            read |= call.pump(self.id.is_some());
        }
        self.calls.retain(|call| call.fate == Fate::Open);
        let Some(mut pipe) = self.get.take() else { return read };
        read |= pipe.pump();
        for event in pipe.events() {
            self.heard(&event);
        }
        self.read = Instant::now();
        if !pipe.ended {
            self.get = Some(pipe);
        }
        read
    }

    fn heard(&mut self, event: &Event) {
        if let Some(id) = &event.id {
            assert!(self.ids.insert(id.clone()), "{}: {id} came twice", self.name());
            self.last = Some(id.clone());
        }
        self.heard += 1;
        let Some(message) = &event.message else { return };
        match message["method"].as_str() {
            Some("notifications/tools/list_changed") => self.tools.seen(&self.name()),
            Some("notifications/resources/updated") => {
                let uri = message["params"]["uri"].as_str().unwrap_or_default();
                let which = (0..2).find(|which| self.uri(*which) == uri);
                let name = format!("{}, {uri}", self.name());
                let told = which.and_then(|which| self.watched[which].as_mut());
                told.unwrap_or_else(|| panic!("{name}: told, and not watched")).seen(&name);
            }
            _ => panic!("{}: not its own: {message}", self.name()),
        }
    }

    /// Everything was told by now.
    pub(super) fn settled(&self) {
        let name = self.name();
        self.tools.settled(&name);
        for (which, told) in self.watched.iter().enumerate() {
            told.iter().for_each(|told| told.settled(&format!("{name}, {}", self.uri(which))));
        }
        for call in &self.calls {
            assert_ne!(call.fate, Fate::Open, "{name}: call {} was never answered", call.id);
        }
    }
}
