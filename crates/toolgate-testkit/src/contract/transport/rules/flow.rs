//! What a call sends on its way: complete, in order, no faster than it is read, and to its own
//! reader.

use futures::future::try_join_all;
use tokio::{sync::watch, time::timeout};

use super::{
    super::{
        super::within,
        Client, Dial, Event,
        door::{ANN, BOB, Person},
        probe::{self, Act, Numbered},
        stage::{Stage, Step, all, is_own, reply, serves, told, who},
    },
    AHEAD, APART, Found, NOTES, Of, QUIET,
};

/// Together more than systems keep for a socket whose reader does not read, at both of its ends.
const NOTES_SENT: usize = 256;
const NOTE_BYTES: usize = 64 << 10;

/// Connections that are used at the same time.
const CONNECTIONS: usize = 16;

const TAG: usize = 7;

pub(super) async fn stream<D: Dial>(stage: &Stage<D>, notes: bool) -> Found {
    let mut client = stage.connect(&ANN).await.of(NOTES)?;
    let act = Act::Stream { tag: TAG, notes: NOTES_SENT, bytes: NOTE_BYTES };
    let mut sent = stage.seen.sent();
    let mut exchange = within("a call", client.call(probe::request(&act))).await.of(NOTES)?;
    let mut expected = 0;
    let mut ahead = Ok(());
    if notes {
        let first = within("a first note", exchange.next()).await.of(NOTES)?;
        is_number(&first, 0).of(NOTES)?;
        expected = 1;
        let quiet = quiet(&mut sent).await;
        stage.serves(&BOB).await.map_err(|found| format!("meanwhile: {found}")).of(AHEAD)?;
        if quiet >= NOTES_SENT {
            let found = format!("{quiet} notes of {NOTE_BYTES} bytes were sent, and one was read");
            // Whether they come is the graver question.
            ahead = Err(found).of(AHEAD);
        }
    }
    let last = loop {
        match within("a note, or the reply", exchange.next()).await.of(NOTES)? {
            note @ Event::Note(_) if notes => is_number(&note, expected).of(NOTES)?,
            last => break last,
        }
        expected += 1;
    };
    let heard = reply(last).map_err(|found| format!("after {expected} notes: {found}"));
    let heard = heard.of(NOTES)?;
    is_own(&heard, &ANN, TAG).of(NOTES)?;
    if notes && expected != NOTES_SENT {
        return Err(format!("{expected} notes came of {NOTES_SENT}")).of(NOTES);
    }
    serves(&mut client).await.map_err(|found| format!("afterwards: {found}")).of(NOTES)?;
    ahead
}

/// How many notes were sent when no more came.
async fn quiet(sent: &mut watch::Receiver<usize>) -> usize {
    while let Ok(Ok(())) = timeout(QUIET, sent.changed()).await {}
    *sent.borrow()
}

fn is_number(heard: &Event, expected: usize) -> Step {
    let Event::Note(note) = heard else {
        return Err(format!("in place of note {expected}: {}", told(heard)));
    };
    match Numbered::of(note) {
        Some(Numbered { tag: TAG, number, .. }) if number == expected => Ok(()),
        Some(Numbered { tag: TAG, number, .. }) => {
            Err(format!("in place of note {expected}: note {number}"))
        }
        _ => Err(format!("in place of note {expected}: one that was not sent")),
    }
}

/// Two callers on many connections, all at once, with replies and notes that can be told apart.
pub(super) async fn apart<D: Dial>(stage: &Stage<D>) -> Found {
    let all = (0..CONNECTIONS).map(|nth| async move {
        let person = if nth % 2 == 0 { &ANN } else { &BOB };
        let mut client = stage.connect(person).await?;
        for tag in [nth, nth + CONNECTIONS] {
            who(&mut client, person, tag).await?;
            own_notes(&mut client, person, tag).await?;
        }
        Ok::<_, String>(())
    });
    try_join_all(all).await.map(drop).of(APART)
}

async fn own_notes<C: Client>(client: &mut C, person: &Person, tag: usize) -> Step {
    let act = Act::Stream { tag, notes: 8, bytes: 1 };
    let mut exchange = within("a call", client.call(probe::request(&act))).await?;
    let (came, last) = all(&mut *exchange).await?;
    let own = came.iter().filter_map(Numbered::of).filter(|note| note.tag == tag).count();
    if came.len() != own {
        let (came, whose) = (came.len(), person.subject);
        return Err(format!("{came} notes came to {whose}, {own} of them their own"));
    }
    is_own(&reply(last)?, person, tag)
}
