//! One server of the transport under test, and the steps that checks are made of.

use std::sync::Arc;

use serde_json::Value;
use tokio::{
    sync::{Mutex, mpsc},
    task::JoinHandle,
};
use toolgate_core::{Authenticate, Error, Note, Shutdown, Transport, transport::Trigger};

use super::{
    super::within,
    Client, Dial, Event, Exchange,
    door::{Door, Person},
    probe::{self, Act, Held, Probe, Seen},
};

/// Why a check stopped, for people.
pub(super) type Step<T = ()> = Result<T, String>;

/// A server, all that is around it, and who looks on.
pub(super) struct Stage<D> {
    pub(super) dial: D,
    pub(super) door: Door,
    pub(super) seen: Arc<Seen>,
    pub(super) trigger: Trigger,
    held: Mutex<mpsc::UnboundedReceiver<Held>>,
    /// None once its end was seen.
    served: Mutex<Option<JoinHandle<Step>>>,
}

impl<D: Dial> Stage<D> {
    /// Serves, in a task of its own.
    pub(super) fn set<T: Transport + 'static>(
        make: &impl Fn(Arc<dyn Authenticate>) -> (T, D),
    ) -> Self {
        let door = Door::default();
        let (transport, dial) = make(Arc::new(door.clone()));
        let (probe, seen, held) = Probe::new();
        let (trigger, until) = Shutdown::new();
        let serving = transport.serve(Arc::new(probe), until);
        let served = tokio::spawn(async move { serving.await.map_err(|error| error.to_string()) });
        let (held, served) = (Mutex::new(held), Mutex::new(Some(served)));
        Self { dial, door, seen, trigger, held, served }
    }

    /// Ends the server, if it has not ended. What its end says of a check that failed.
    pub(super) async fn strike(self) -> String {
        let Some(served) = self.served.into_inner() else { return String::new() };
        if !served.is_finished() {
            served.abort();
            let _ = served.await;
            return String::new();
        }
        match served.await {
            Ok(Ok(())) => "; the server had ended".to_owned(),
            Ok(Err(error)) => format!("; the server had ended: {error}"),
            Err(_) => "; the server had panicked".to_owned(),
        }
    }

    pub(super) async fn connect(&self, person: &Person) -> Step<D::Client> {
        let what = format!("a connection of {}", person.subject);
        let connected = within(&what, self.dial.connect(Some(person.token))).await?;
        connected.map_err(|heard| format!("{what}: {}", told(&heard)))
    }

    /// A request on a connection of its own, and what is heard in the end.
    pub(super) async fn ask(&self, token: Option<&str>, act: Act) -> Step<Event> {
        match within("a connection", self.dial.connect(token)).await? {
            Ok(mut client) => ask(&mut client, act).await,
            Err(heard) => Ok(heard),
        }
    }

    /// Has somebody served, on a connection of their own.
    pub(super) async fn serves(&self, person: &Person) -> Step {
        serves(&mut self.connect(person).await?).await
    }

    /// A call that hangs, once the service has it.
    pub(super) async fn hang(&self, person: &Person, act: Act) -> Step<Hanging<D::Client>> {
        let mut client = self.connect(person).await?;
        let what = format!("a call of {}", person.subject);
        let exchange = within(&what, client.call(probe::request(&act))).await?;
        let mut held = self.held.lock().await;
        let held = within(&format!("{what}, in the service"), held.recv()).await?;
        let held = held.ok_or("the service is gone")?;
        Ok(Hanging { client, exchange, held, whose: person.subject })
    }

    pub(super) async fn is_serving(&self) -> bool {
        self.served.lock().await.as_ref().is_some_and(|served| !served.is_finished())
    }

    /// The end of serving.
    pub(super) async fn end(&self) -> Step {
        let Some(served) = self.served.lock().await.take() else { return Ok(()) };
        match within("the end of serving", served).await? {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(format!("serving ended badly: {error}")),
            Err(_) => Err("serving panicked".to_owned()),
        }
    }
}

/// A call that hangs in the service.
pub(super) struct Hanging<C> {
    pub(super) client: C,
    pub(super) exchange: Box<dyn Exchange>,
    pub(super) held: Held,
    whose: &'static str,
}

impl<C> Hanging<C> {
    /// Lets it go on, and expects its reply.
    pub(super) async fn finishes(mut self) -> Step<(C, Value)> {
        let whose = self.whose;
        if self.held.finish.send(()).is_err() {
            return Err(format!("the call of {whose} was dropped"));
        }
        let (_, last) = all(&mut *self.exchange).await?;
        let reply = reply(last).map_err(|found| format!("the call of {whose}: {found}"))?;
        Ok((self.client, reply))
    }
}

/// A request on a connection, and what is heard in the end.
pub(super) async fn ask<C: Client>(client: &mut C, act: Act) -> Step<Event> {
    let mut exchange = within("a call", client.call(probe::request(&act))).await?;
    Ok(all(&mut *exchange).await?.1)
}

/// Has a client served, whoever it is taken for.
pub(super) async fn serves<C: Client>(client: &mut C) -> Step {
    reply(ask(client, Act::Who { tag: 0 }).await?).map(drop)
}

/// Has somebody served, and known for who they are.
pub(super) async fn who<C: Client>(client: &mut C, person: &Person, tag: usize) -> Step {
    let heard = reply(ask(client, Act::Who { tag }).await?);
    let heard = heard.map_err(|found| format!("a call of {}: {found}", person.subject))?;
    is_own(&heard, person, tag)?;
    match heard.get("who") {
        Some(who) if *who == probe::told(&person.key()) => Ok(()),
        Some(who) => Err(format!("{} was taken for {who}", person.subject)),
        None => Err("the reply lacks a member".to_owned()),
    }
}

/// Whether a reply is to the request with a tag.
pub(super) fn is_own(reply: &Value, person: &Person, tag: usize) -> Step {
    match reply.get("tag").and_then(Value::as_u64) {
        Some(told) if told == tag as u64 => Ok(()),
        _ => Err(format!("a call of {}: another reply came", person.subject)),
    }
}

/// All that comes of a request: notes, and what ends it.
pub(super) async fn all(exchange: &mut dyn Exchange) -> Step<(Vec<Note>, Event)> {
    let mut notes = Vec::new();
    loop {
        match within("an answer", exchange.next()).await? {
            Event::Note(note) => notes.push(note),
            last => return Ok((notes, last)),
        }
    }
}

pub(super) fn reply(heard: Event) -> Step<Value> {
    match heard {
        Event::Reply(reply) => reply.parse().map_err(|_| "the reply is no JSON".to_owned()),
        other => Err(format!("in place of a reply: {}", told(&other))),
    }
}

pub(super) fn error(heard: Event) -> Step<Error> {
    match heard {
        Event::Error(error) => Ok(error),
        other => Err(format!("in place of an error: {}", told(&other))),
    }
}

/// What was heard, for people.
pub(super) fn told(heard: &Event) -> String {
    match heard {
        Event::Note(note) => format!("a note, {}", note.method),
        Event::Reply(_) => "a reply".to_owned(),
        Event::Error(error) => format!("an error, {error}"),
        Event::Closed => "the end of the connection".to_owned(),
    }
}
