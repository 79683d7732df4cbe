//! The model: who may do what, without a server.

use super::{
    client::{Asked, Bearer, Number, Session, Token},
    outcome::Outcome,
    step::{Act, Grant, Step, Who},
};

/// How long a session is kept that is not used, in seconds.
///
/// A server may be late to let go of it, by a sixteenth: less than a step takes.
pub(crate) const IDLE: u64 = 15;
/// Sessions in all.
pub(crate) const ALL: usize = 3;
/// Sessions of one owner.
pub(crate) const PER_OWNER: usize = 2;

/// What there is. A second passes with each step, so that no two sessions are used at one time.
#[derive(Debug, Default)]
pub(crate) struct World {
    now: u64,
    sessions: Vec<Kept>,
    begun: Number,
}

#[derive(Debug)]
struct Kept {
    number: Number,
    owner: Who,
    batches: bool,
    used: u64,
}

impl World {
    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    /// What has to come of a step.
    pub(crate) fn take(&mut self, step: &Step, asked: &Asked) -> Outcome {
        let outcome = self.judge(step, asked).unwrap_or_else(|refused| refused);
        self.now += 1;
        outcome
    }

    fn judge(&mut self, step: &Step, asked: &Asked) -> Result<Outcome, Outcome> {
        match *step {
            Step::Begin { batches, .. } => {
                let token = self.known(asked)?;
                admitted(&token)?;
                self.begin(token.who, batches)
            }
            Step::Ask { act, .. } => {
                let token = self.known(asked)?;
                admitted(&token)?;
                let session = self.own(token.who, asked)?;
                match act {
                    Act::Ping | Act::Level => Ok(Outcome::Empty),
                    Act::Both if !session.batches => Err(Outcome::NoBatch),
                    Act::Both => Ok(both(&token)),
                    _ => allowed(&token, act),
                }
            }
            Step::Modern { act, .. } => allowed(&self.known(asked)?, act),
            Step::End { .. } => {
                let token = self.known(asked)?;
                admitted(&token)?;
                let number = self.own(token.who, asked)?.number;
                self.sessions.retain(|kept| kept.number != number);
                Ok(Outcome::Ended)
            }
            Step::Wait(seconds) => {
                self.now += seconds;
                Ok(Outcome::Passed)
            }
            Step::Restart { same } => {
                if !same {
                    self.sessions.clear();
                }
                Ok(Outcome::Passed)
            }
        }
    }

    /// The token, where it is good now. A session is no proof of anything.
    fn known(&self, asked: &Asked) -> Result<Token, Outcome> {
        match asked.bearer {
            Bearer::Token(token) if self.now < token.ends => Ok(token),
            Bearer::Token(_) | Bearer::Garbage => Err(Outcome::BadToken),
            Bearer::Nothing => Err(Outcome::NoToken),
        }
    }

    /// The session that is named, where it is the caller's own. That counts as use.
    fn own(&mut self, who: Who, asked: &Asked) -> Result<&Kept, Outcome> {
        self.forget();
        let now = self.now;
        let number = match asked.session {
            Session::Begun(number) => number,
            Session::Invented => return Err(Outcome::Unknown),
            Session::Nothing => return Err(Outcome::Unnamed),
        };
        let mut kept = self.sessions.iter_mut();
        let session = kept.find(|it| it.number == number && it.owner == who);
        let session = session.ok_or(Outcome::Unknown)?;
        session.used = now;
        Ok(session)
    }

    fn begin(&mut self, owner: Who, batches: bool) -> Result<Outcome, Outcome> {
        self.forget();
        let own = self.sessions.iter().filter(|it| it.owner == owner);
        if own.clone().count() == PER_OWNER {
            let oldest = own.min_by_key(|it| it.used).map(|it| it.number);
            self.sessions.retain(|it| Some(it.number) != oldest);
        }
        if self.sessions.len() == ALL {
            return Err(Outcome::Full);
        }
        let number = self.begun;
        self.begun += 1;
        self.sessions.push(Kept { number, owner, batches, used: self.now });
        Ok(Outcome::Begun)
    }

    fn forget(&mut self) {
        let now = self.now;
        self.sessions.retain(|it| now - it.used < IDLE);
    }
}

/// What the tools of a server say to a token, session or not.
fn allowed(token: &Token, act: Act) -> Result<Outcome, Outcome> {
    admitted(token)?;
    let full = token.grant == Grant::Full;
    match act {
        Act::Guarded if !full => Err(Outcome::Lacks("base write".into())),
        Act::List if full => Ok(Outcome::Listed(vec!["guarded".into(), "plain".into()])),
        Act::List => Ok(Outcome::Listed(vec!["plain".into()])),
        _ => Ok(Outcome::Said(format!("{:?} may {:?}", token.who, token.grant))),
    }
}

/// What every request needs.
fn admitted(token: &Token) -> Result<(), Outcome> {
    if token.grant == Grant::None { Err(Outcome::Lacks("base".into())) } else { Ok(()) }
}

/// Two calls in one body, each as if it were alone, but that there is one status for both.
fn both(token: &Token) -> Outcome {
    let each = [Act::Plain, Act::Guarded].map(|act| allowed(token, act));
    Outcome::Each(each.map(|judged| judged.unwrap_or(Outcome::Refused)).into())
}
