//! What streams have to do through a proxy: come as they are sent, stay open while they are idle, and
//! end their calls with their readers.

use serde_json::{Value, json};

use super::era::{ERAS, Era, last};
use super::nginx::{BARE, HASTY, PREFIX};
use super::stage::{Node, Stage};
use crate::Result;
use crate::http::{Ask, Event};

/// How many notes are read one by one.
pub(super) const NOTES: u8 = 4;

/// What the nodes say of buffering.
const BUFFERING: &str = "x-accel-buffering";

/// Each note is read before the next is allowed to be sent, while the call goes on.
pub(super) fn note_by_note(stage: &Stage) -> Result<String> {
    for location in [PREFIX, BARE] {
        for era in ERAS {
            let ask = era.call(&stage.url(location), "notes", json!({ "to": NOTES }));
            if let Some(field) = notes(&ask, stage)? {
                return Err(format!("nginx hands on `{BUFFERING}: {field}`").into());
            }
        }
    }
    Ok(format!("{NOTES} notes each, in both eras, with the page's lines and with nginx's own"))
}

/// The nodes say that nothing may hold their events back; nginx takes that for itself.
pub(super) fn unbuffered(stage: &Stage) -> Result<String> {
    for node in &stage.nodes {
        for era in ERAS {
            let ask = era.call(&node.url, "notes", json!({ "to": NOTES }));
            let field = notes(&ask, stage)?;
            if field.as_deref() != Some("no") {
                return Err(format!("a node says `{BUFFERING}: {field:?}`").into());
            }
        }
    }
    Ok(format!("`{BUFFERING}: no` from both nodes in both eras, and not from nginx"))
}

/// Reads all notes of a call, and lets out each after the one before it. What the answer says of
/// buffering.
pub(super) fn notes(ask: &Ask, stage: &Stage) -> Result<Option<String>> {
    let mut stream = ask.open()?;
    if stream.status != 200 || !stream.is_stream() {
        return Err(stream.fault("not a stream"));
    }
    let mut sender: Option<&Node> = None;
    for step in 1..=NOTES {
        if let Some(node) = sender {
            node.release()?;
        }
        let note = stream.message()?;
        let progress = note.pointer("/params/progress").and_then(Value::as_f64);
        if progress != Some(f64::from(step)) {
            return Err(stream.fault(format!("not note {step}")));
        }
        let name = note.pointer("/params/message").and_then(Value::as_str).unwrap_or_default();
        sender = Some(stage.node(name)?);
    }
    let said = last(&mut stream)?;
    if said != format!("sent {NOTES}") || stream.event()?.is_some() {
        return Err(stream.fault("it did not end with its result"));
    }
    Ok(stream.field(BUFFERING).map(str::to_owned))
}

/// A client that goes away, amid a stream or before there is any answer, ends its call.
pub(super) fn left(stage: &Stage) -> Result<String> {
    let ask = Era::Modern.call(&stage.url(PREFIX), "hang", json!({}));
    let (begun, dropped) = stage.hung()?;
    let mut stream = ask.open()?;
    if stream.event()? != Some(Event::Comment) {
        return Err(stream.fault("no comment"));
    }
    stage.until_hung((begun + 1, dropped))?;
    drop(stream);
    stage
        .until_hung((begun + 1, dropped + 1))
        .map_err(|error| format!("amid a stream: {error}"))?;

    let silent = ask.with("Accept", "application/json").leave()?;
    stage.until_hung((begun + 2, dropped + 1))?;
    drop(silent);
    let ended = stage.until_hung((begun + 2, dropped + 2));
    ended.map_err(|error| format!("before an answer: {error}"))?;
    Ok("its call was dropped, amid a stream and before there was an answer".into())
}

/// A stream that has nothing to say is kept open by its comments for longer than nginx waits.
pub(super) fn idle(stage: &Stage) -> Result<String> {
    /// At four a second, well above the 3 seconds that nginx waits there.
    const COMMENTS: usize = 16;
    let params = json!({ "notifications": { "toolsListChanged": true } });
    let listen = Era::Modern.ask(&stage.url(HASTY), "subscriptions/listen", None, params);
    let mut stream = listen.open()?;
    let first = stream.message()?;
    if first.get("method") != Some(&json!("notifications/subscriptions/acknowledged")) {
        return Err(stream.fault("not acknowledged"));
    }
    for at in 1..=COMMENTS {
        if stream.event()? != Some(Event::Comment) {
            return Err(stream.fault(format!("no comment {at}")));
        }
    }
    Ok(format!("{COMMENTS} comments, four a second, where nginx waits 3 s for the next byte"))
}
