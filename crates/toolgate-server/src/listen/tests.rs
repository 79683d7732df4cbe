//! What a subscription says, in what order, and how it ends.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures::FutureExt;
use toolgate_core::{Caller, Ending, Life, Notes, Out, protocol::RequestMeta};

use super::{hub::Hub, *};

struct Ended(Arc<tokio::sync::Notify>);

impl Life for Ended {
    fn ending<'a>(&'a self, _: &'a Caller) -> BoxFuture<'a, Ending> {
        Box::pin(async move {
            self.0.notified().await;
            Ending::Expired
        })
    }
}

struct Scene {
    hub: Arc<Hub>,
    end: Arc<tokio::sync::Notify>,
    allowed: Arc<AtomicBool>,
    notes: Notes,
    reply: BoxFuture<'static, Result<Reply, Error>>,
}

fn scene(id: RequestId) -> Scene {
    let (hub, end) = (Arc::new(Hub::default()), Arc::new(tokio::sync::Notify::new()));
    let allowed = Arc::new(AtomicBool::new(true));
    let mut honoured = Filter::default();
    honoured.tools_list_changed = true;
    honoured.resource_subscriptions = vec!["a:1".into()];
    let may = allowed.clone();
    let subscription = Subscription {
        watch: hub.watch(&honoured),
        honoured,
        id,
        may_read: Box::new(move |_, _| {
            let may = may.load(Ordering::Relaxed);
            Box::pin(async move { may })
        }),
    };
    let life: Arc<dyn Life> = Arc::new(Ended(end.clone()));
    let cx = Context::with(Caller::Open, RequestMeta::default(), Some(life));
    let Running::Open { notes, end: reply } = subscription.start(cx) else {
        panic!("a subscription is open")
    };
    Scene { hub, end, allowed, notes, reply }
}

impl Scene {
    /// What was sent, once nothing more happens by itself.
    fn heard(&mut self) -> Vec<String> {
        assert!(self.reply.as_mut().now_or_never().is_none(), "it is over");
        let mut heard = Vec::new();
        while let Some(Out::Note(note)) = self.notes.waiting() {
            heard.push(format!(
                "{} {}",
                note.method,
                String::from_utf8_lossy(note.params.as_bytes())
            ));
        }
        heard
    }
}

#[test]
fn the_acknowledgement_comes_first_and_every_note_names_its_subscription() {
    let mut scene = scene("7".into());
    scene.hub.tell(&Change::Tools);
    scene.hub.tell(&Change::Resource { uri: "a:1".into() });
    scene.hub.tell(&Change::Prompts);
    let meta = r#""_meta":{"io.modelcontextprotocol/subscriptionId":"7"}"#;
    assert_eq!(
        scene.heard(),
        [
            format!(
                "{} {{\"notifications\":{{\"toolsListChanged\":true,\"resourceSubscriptions\":[\"a:1\"]}},{meta}}}",
                method::ACKNOWLEDGED
            ),
            format!("{} {{{meta}}}", method::TOOLS_CHANGED),
            format!("{} {{\"uri\":\"a:1\",{meta}}}", method::RESOURCE_UPDATED),
        ]
    );
    assert!(scene.heard().is_empty());
}

#[test]
fn permission_is_asked_for_every_event() {
    let mut scene = scene(1.into());
    assert_eq!(scene.heard().len(), 1);
    for (allowed, told) in [(true, 1), (false, 0), (true, 1)] {
        scene.allowed.store(allowed, Ordering::Relaxed);
        scene.hub.tell(&Change::Resource { uri: "a:1".into() });
        assert_eq!(scene.heard().len(), told);
    }
}

#[test]
fn it_ends_with_a_result_of_its_own_though_nobody_reads() {
    let mut scene = scene(7.into());
    // More than wait for a reader; the last of them is being sent when the end comes.
    for _ in 0..100 {
        scene.hub.tell(&Change::Tools);
        assert!(scene.reply.as_mut().now_or_never().is_none());
    }
    scene.end.notify_one();
    let reply = scene.reply.as_mut().now_or_never().unwrap().unwrap();
    assert!(reply.fields.is_empty());
    let meta = reply.meta.to_object();
    assert_eq!(meta.as_bytes(), br#"{"io.modelcontextprotocol/subscriptionId":7}"#);
}

#[test]
fn one_who_may_have_missed_something_is_told_to_look_again() {
    let mut scene = scene(7.into());
    assert_eq!(scene.heard().len(), 1);
    scene.hub.lose();
    assert!(scene.reply.as_mut().now_or_never().unwrap().is_ok());
}
