//! A client of the transport with one stream for everything, which ends with its connection.

use serde_json::json;
use toolgate_transport::http::McpService;

use super::{
    call::{Call, Fate},
    node::OWNERS,
    pipe::{Pipe, settle},
    told::Told,
};
use crate::support::{line, old};

pub(super) struct Line {
    pub(super) owner: usize,
    pub(super) pipe: Option<Pipe>,
    target: String,
    greeted: bool,
    pub(super) tools: Told,
    pub(super) calls: Vec<Call>,
}

impl Line {
    pub(super) async fn begin(service: &McpService, owner: usize, room: usize) -> Self {
        let mut pipe = Pipe::open(service, &line::get(OWNERS[owner]), room).answered().await;
        assert_eq!(pipe.status(), Some(200), "{}", pipe.json());
        let mut first = pipe.text();
        for _ in 0..1000 {
            if !first.is_empty() {
                break;
            }
            settle().await;
            pipe.pump();
            first = pipe.text();
        }
        let target = first.lines().find_map(|line| line.strip_prefix("data: "));
        let target = target.expect("where to post").to_owned();
        let (tools, calls) = (Told::default(), Vec::new());
        let mut line = Self { owner, pipe: Some(pipe), target, greeted: false, tools, calls };
        line.post(service, &old::handshake(old::LATEST)).await;
        line.tools.begin();
        line
    }

    /// Sends a message. Whether it was taken: it is not where the line has ended.
    pub(super) async fn post(&mut self, service: &McpService, message: &serde_json::Value) -> bool {
        let ask = old::post(message).at(&self.target).bearer(OWNERS[self.owner]);
        let reply = Pipe::open(service, &ask, 4096).answered().await;
        match reply.status() {
            Some(202) => true,
            Some(404) => {
                self.cut();
                false
            }
            status => panic!("{status:?}: {}", reply.json()),
        }
    }

    pub(super) async fn call(&mut self, service: &McpService, call: Call) {
        let message = call.message();
        // It may be answered before the POST is.
        self.calls.push(call);
        self.post(service, &message).await;
    }

    /// Somebody else posts here, in vain.
    pub(super) async fn is_closed_to(&self, service: &McpService, other: usize) {
        let ping = old::message(1, "ping", json!({}));
        let ask = old::post(&ping).at(&self.target).bearer(OWNERS[other]);
        let reply = Pipe::open(service, &ask, 4096).answered().await;
        assert_eq!(reply.status(), Some(404), "{}", reply.json());
    }

    pub(super) fn cut(&mut self) {
        self.pipe = None;
        self.calls.clear();
    }

    pub(super) fn pump(&mut self) -> bool {
        let Some(mut pipe) = self.pipe.take() else { return false };
        let read = pipe.pump();
        for event in pipe.events() {
            assert_eq!(event.id, None, "nobody comes back to it");
            self.heard(&event.message.expect("a message"));
        }
        self.calls.retain(|call| call.fate == Fate::Open);
        if pipe.ended {
            self.cut();
        } else {
            self.pipe = Some(pipe);
        }
        read
    }

    fn heard(&mut self, message: &serde_json::Value) {
        let name = format!("a line of {}", OWNERS[self.owner]);
        if message["method"] == "notifications/tools/list_changed" {
            return self.tools.seen(&name);
        }
        if message["id"] == 7 && !std::mem::replace(&mut self.greeted, true) {
            assert!(message["result"].is_object(), "{name}: {message}");
            return;
        }
        let token = &message["params"]["progressToken"];
        let call = self.calls.iter_mut().find(|call| {
            message["id"] == call.id || token == &format!("{} {}", OWNERS[self.owner], call.id)
        });
        call.unwrap_or_else(|| panic!("{name}: not its own: {message}")).answered(message);
    }

    pub(super) fn settled(&self) {
        if self.pipe.is_some() {
            self.tools.settled("a line");
            assert!(self.calls.is_empty(), "calls of a line were never answered");
        }
    }
}
