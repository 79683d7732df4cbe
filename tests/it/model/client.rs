//! What the clients have in their hands: the last token of each, and the last session of each slot.

use super::step::{By, Grant, Named, Sent, Step, Who};

/// Slots for sessions, more than one owner may have.
pub(crate) const SLOTS: usize = 3;

/// How long a token lives, in seconds.
const LIFETIME: u64 = 40;

/// What a token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) who: Who,
    pub(crate) grant: Grant,
    /// The second from which on it is worth nothing.
    pub(crate) ends: u64,
}

/// What a request has in its `Authorization` field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bearer {
    Token(Token),
    Garbage,
    Nothing,
}

/// The number of a session, in the order in which they began.
pub(crate) type Number = usize;

/// What stands in for a session in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Session {
    Begun(Number),
    Invented,
    Nothing,
}

/// A request, as far as it differs from others of its kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) bearer: Bearer,
    pub(crate) session: Session,
}

/// All clients.
#[derive(Debug, Default)]
pub(crate) struct Client {
    last: Vec<Token>,
    slots: [Option<(Number, Who)>; SLOTS],
    latest: Option<(Number, Who)>,
    begun: Number,
}

impl Client {
    /// What is sent for a step, and kept of it.
    pub(crate) fn ask(&mut self, step: &Step, now: u64) -> Asked {
        let (by, sent, named) = match *step {
            Step::Begin { who, sent, .. } => (By::One(who), sent, Named::Nothing),
            Step::Ask { by, sent, named, .. }
            | Step::Modern { by, sent, named, .. }
            | Step::End { by, sent, named } => (by, sent, named),
            Step::Wait(_) | Step::Restart { .. } => {
                return Asked { bearer: Bearer::Nothing, session: Session::Nothing };
            }
        };
        let (session, owner) = match named {
            Named::Slot(slot) => begun(self.slots[slot]),
            Named::Latest => begun(self.latest),
            Named::Invented => begun(None),
            Named::Nothing => (Session::Nothing, Who::Ann),
        };
        let who = match by {
            By::Owner => owner,
            By::One(who) => who,
        };
        Asked { bearer: self.bearer(who, sent, now), session }
    }

    /// Notes a session that was begun.
    pub(crate) fn learn(&mut self, step: &Step, begun: bool) {
        if let (Step::Begin { who, slot, .. }, true) = (step, begun) {
            self.latest = Some((self.begun, *who));
            self.slots[*slot] = self.latest;
            self.begun += 1;
        }
    }

    fn bearer(&mut self, who: Who, sent: Sent, now: u64) -> Bearer {
        let last = self.last.iter().copied().find(|token| token.who == who);
        match sent {
            Sent::Fresh(grant) => self.issue(who, grant, now),
            Sent::Refreshed => self.issue(who, last.map_or(Grant::Full, |it| it.grant), now),
            Sent::Last => last.map_or(Bearer::Nothing, Bearer::Token),
            Sent::Expired(grant) => Bearer::Token(Token { who, grant, ends: now }),
            Sent::Garbage => Bearer::Garbage,
            Sent::Nothing => Bearer::Nothing,
        }
    }

    fn issue(&mut self, who: Who, grant: Grant, now: u64) -> Bearer {
        let token = Token { who, grant, ends: now + LIFETIME };
        self.last.retain(|old| old.who != who);
        self.last.push(token);
        Bearer::Token(token)
    }
}

fn begun(session: Option<(Number, Who)>) -> (Session, Who) {
    session.map_or((Session::Invented, Who::Ann), |(number, who)| (Session::Begun(number), who))
}
