//! A client of the modern era: a stream of changes, which ends with its connection.

use serde_json::{Value, json};
use toolgate_transport::http::McpService;

use super::{
    node::{OWNERS, own},
    pipe::Pipe,
    told::Told,
};
use crate::support::mcp;

const ID: &str = "io.modelcontextprotocol/subscriptionId";

pub(super) struct Watch {
    pub(super) owner: usize,
    id: i64,
    pub(super) pipe: Option<Pipe>,
    begun: bool,
    pub(super) tools: Told,
    pub(super) own: Told,
}

impl Watch {
    pub(super) async fn begin(service: &McpService, owner: usize, id: i64, room: usize) -> Self {
        let other = own((owner + 1) % OWNERS.len());
        let filter =
            json!({"toolsListChanged": true, "resourceSubscriptions": [own(owner), other]});
        let message = mcp::message(id, "subscriptions/listen", json!({"notifications": filter}));
        let ask = mcp::post(&message).bearer(OWNERS[owner]);
        let pipe = Pipe::open(service, &ask, room).answered().await;
        assert_eq!(pipe.status(), Some(200), "{}", pipe.json());
        let (mut tools, mut own) = (Told::default(), Told::default());
        tools.begin();
        own.begin();
        Self { owner, id, pipe: Some(pipe), begun: false, tools, own }
    }

    pub(super) fn pump(&mut self) -> bool {
        let Some(mut pipe) = self.pipe.take() else { return false };
        let read = pipe.pump();
        for event in pipe.events() {
            assert_eq!(event.id, None, "nobody comes back to it");
            self.heard(&event.message.unwrap_or_default());
        }
        if !pipe.ended {
            self.pipe = Some(pipe);
        }
        read
    }

    fn heard(&mut self, message: &Value) {
        let name = format!("a watch of {}", OWNERS[self.owner]);
        if message["id"] == self.id {
            assert!(message["result"].is_object(), "{name}: {message}");
            return;
        }
        assert_eq!(message["params"]["_meta"][ID], self.id, "{name}: another's: {message}");
        match message["method"].as_str().unwrap_or_default() {
            "notifications/subscriptions/acknowledged" => {
                assert!(!std::mem::replace(&mut self.begun, true), "{name}: begun twice");
                let honoured = &message["params"]["notifications"]["resourceSubscriptions"];
                assert_eq!(honoured, &json!([own(self.owner)]), "{name}");
            }
            "notifications/tools/list_changed" => self.tools.seen(&name),
            "notifications/resources/updated" => {
                assert_eq!(message["params"]["uri"], own(self.owner), "{name}");
                self.own.seen(&name);
            }
            _ => panic!("{name}: not its own: {message}"),
        }
        assert!(self.begun, "{name}: a change before it began");
    }

    pub(super) fn settled(&self) {
        if self.pipe.is_some() {
            self.tools.settled("a watch");
            self.own.settled("a watch");
        }
    }
}
