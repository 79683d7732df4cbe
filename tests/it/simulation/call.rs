//! A call of `count`: its notes come in order, once each, and its answer after them.

use std::collections::HashSet;

use serde_json::{Value, json};

use tokio::time::Instant;

use super::{
    node::{OWNERS, PATIENCE},
    pipe::Pipe,
};
use crate::support::old::{self, Event};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Its answer is yet to come.
    Open,
    Answered,
    /// Nobody can come back to it, as its era has it.
    Lost,
}

/// One call, as its client has it.
pub(super) struct Call {
    pub(super) owner: usize,
    pub(super) id: i64,
    tag: String,
    to: u64,
    every: u64,
    seen: u64,
    pub(super) pipe: Option<Pipe>,
    /// The event seen last, and all of them.
    pub(super) last: Option<String>,
    ids: HashSet<String>,
    pub(super) fate: Fate,
    begun: Instant,
    /// Whether it was of a session that is gone.
    pub(super) strayed: bool,
}

impl Call {
    pub(super) fn new(owner: usize, id: i64, to: u64, every: u64) -> Self {
        let (tag, pipe, last, ids) =
            (format!("{} {id}", OWNERS[owner]), None, None, HashSet::new());
        Self {
            owner,
            id,
            tag,
            to,
            every,
            seen: 0,
            pipe,
            last,
            ids,
            fate: Fate::Open,
            begun: Instant::now(),
            strayed: false,
        }
    }

    /// The request, with nothing of any era in its `_meta` but the token of progress.
    pub(super) fn message(&self) -> Value {
        let arguments = json!({"to": self.to, "every": self.every, "tag": self.tag});
        let mut message = old::call(self.id, "count", arguments);
        message["params"]["_meta"] = json!({"progressToken": self.tag});
        message
    }

    /// Reads on. `resumable` says whether its client can come back.
    pub(super) fn pump(&mut self, resumable: bool) -> bool {
        let Some(mut pipe) = self.pipe.take() else { return false };
        let mut read = pipe.pump();
        if pipe.is_stream() {
            for event in pipe.events() {
                self.heard(&event);
            }
        } else if pipe.ended && pipe.status() == Some(200) {
            self.answered(&pipe.json());
        }
        if self.fate != Fate::Open {
            return read;
        }
        if pipe.ended {
            read = true;
            self.cut(resumable);
        } else {
            self.pipe = Some(pipe);
        }
        read
    }

    /// The connection is gone.
    pub(super) fn cut(&mut self, resumable: bool) {
        self.pipe = None;
        if self.fate == Fate::Open && (!resumable || self.strayed || self.last.is_none()) {
            self.fate = Fate::Lost;
        }
    }

    pub(super) fn heard(&mut self, event: &Event) {
        if let Some(id) = &event.id {
            assert!(self.ids.insert(id.clone()), "{}: the event {id} came twice", self.tag);
            self.last = Some(id.clone());
        }
        if let Some(message) = &event.message {
            self.answered(message);
        }
    }

    /// Takes a message that has to be its own, and the next.
    pub(super) fn answered(&mut self, message: &Value) {
        assert_eq!(self.fate, Fate::Open, "{}: more than an answer: {message}", self.tag);
        if message["method"] == "notifications/progress" {
            let said =
                (message["params"]["progressToken"].as_str(), &message["params"]["progress"]);
            let next = self.seen + 1;
            assert_eq!(said.0, Some(&*self.tag), "a note of another call");
            assert_eq!(said.1.as_f64(), Some(next as f64), "{}: not the next note", self.tag);
            self.seen = next;
            return;
        }
        if message["error"]["message"] == "timed out" && self.begun.elapsed() >= PATIENCE {
            // Its notes were not read for as long as a call may take.
            self.fate = Fate::Lost;
            return;
        }
        assert_eq!(message["id"], self.id, "{}: an answer of another call: {message}", self.tag);
        let said = message["result"]["content"][0]["text"].as_str();
        let expected = format!("{} {}", OWNERS[self.owner], self.tag);
        assert_eq!(said, Some(&*expected), "{}: {message}", self.tag);
        assert_eq!(self.seen, self.to, "{}: notes are missing", self.tag);
        self.fate = Fate::Answered;
    }
}
