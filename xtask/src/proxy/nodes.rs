//! Several nodes: any of two without sessions, or the one that keeps them.

use std::collections::BTreeMap;

use serde_json::json;

use super::era::{Era, handshake, notice, of_status, result, text, with_token};
use super::nginx::{PREFIX, SESSIONS};
use super::stage::Stage;
use super::streams::{NOTES, notes};
use crate::Result;
use crate::http::{Ask, Event};

/// How many calls are shared by two nodes.
const CALLS: usize = 20;

const SESSION: &str = "mcp-session-id";

/// One client, one token, and whichever node.
pub(super) fn any(stage: &Stage) -> Result<String> {
    Ok(format!("{CALLS} calls were answered by {}", shares(stage, Era::Modern)?))
}

/// The same for a client of the old era, which begins with a handshake and gets no session.
pub(super) fn any_legacy(stage: &Stage) -> Result<String> {
    let url = stage.url(PREFIX);
    let begun = handshake(&url).send()?;
    result(&begun)?;
    if begun.field(SESSION).is_some() {
        return Err(begun.fault("a session where there are none"));
    }
    of_status(notice(&url, "notifications/initialized", json!({})).send()?, 202)?;
    Ok(format!("no session; {CALLS} calls were answered by {}", shares(stage, Era::Legacy)?))
}

/// How many calls each node answered. Each has to answer some.
fn shares(stage: &Stage, era: Era) -> Result<String> {
    let url = stage.url(PREFIX);
    let mut shares: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..CALLS {
        let name = text(&era.call(&url, "node", json!({})).send()?)?;
        stage.node(&name)?;
        *shares.entry(name).or_default() += 1;
    }
    if shares.len() != stage.nodes.len() {
        return Err(format!("not by every node: {shares:?}").into());
    }
    let shares: Vec<String> = shares.values().map(usize::to_string).collect();
    Ok(format!("both nodes: {}", shares.join(" and ")))
}

/// A session: begun, used, its call cancelled, and ended.
pub(super) fn session(stage: &Stage) -> Result<String> {
    let url = stage.url(SESSIONS);
    let begun = handshake(&url).send()?;
    result(&begun)?;
    let id = begun.field(SESSION).ok_or_else(|| begun.fault("no session"))?;
    let within = |ask: Ask| ask.with(SESSION, id);
    of_status(within(notice(&url, "notifications/initialized", json!({}))).send()?, 202)?;
    let call = |tool, arguments| within(Era::Legacy.call(&url, tool, arguments));
    if text(&call("node", json!({})).send()?)? != stage.sessions.name {
        return Err("another node answered".into());
    }
    notes(&call("notes", json!({ "to": NOTES })), stage)?;
    cancelled(stage, &call("hang", json!({})), &within)?;

    let node = Era::Legacy.call(&url, "node", json!({}));
    of_status(node.send()?, 400)?;
    of_status(within(with_token(Ask::new("DELETE", &url))).send()?, 204)?;
    of_status(within(node).send()?, 404)?;
    Ok("begun, called in, streamed in, its call cancelled, ended; 404 from then on".into())
}

/// A notification ends the call, and its stream without a word.
fn cancelled(stage: &Stage, hang: &Ask, within: &dyn Fn(Ask) -> Ask) -> Result {
    let (begun, dropped) = stage.hung()?;
    let mut stream = hang.open()?;
    if stream.event()? != Some(Event::Comment) {
        return Err(stream.fault("no comment"));
    }
    stage.until_hung((begun + 1, dropped))?;
    let cancel = notice(&stage.url(SESSIONS), "notifications/cancelled", json!({ "requestId": 1 }));
    of_status(within(cancel).send()?, 202)?;
    stage.until_hung((begun + 1, dropped + 1))?;
    while let Some(event) = stream.event()? {
        if event != Event::Comment {
            return Err(stream.fault("a word after it was cancelled"));
        }
    }
    Ok(())
}
