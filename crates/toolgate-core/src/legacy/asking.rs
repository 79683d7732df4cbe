//! The questions of one call: what goes out for them, what their answers mean, and the request that
//! is made again with these.
//!
//! A service asks by a result that has to come back with answers. Clients of this era cannot do that,
//! so whoever carries the call asks in its place, and calls again.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::json;
use toolgate_protocol::{
    Json, Members, RequestId, code,
    elicitation::{Action, ElicitResult},
    envelope::{self, Outcome},
    input::{InputRequest, InputRequired},
    legacy::{Revision, Unasked, question},
    method,
};

use crate::{
    error::Error,
    reply::{Kind, Reply},
    request::{Note, Request},
};

/// Questions that one call may have open at a time.
const MOST_OPEN: usize = 16;
/// How often one call may ask, so that none goes on without end.
const MOST_ROUNDS: usize = 64;

/// Whether the results of a method may ask (2026-07-28, "Multi round-trip requests").
pub fn may_ask(method: &str) -> bool {
    matches!(method, method::TOOLS_CALL | method::PROMPTS_GET | method::RESOURCES_READ)
}

/// A call that may ask, and what it has asked.
#[derive(Debug)]
pub struct Asking {
    revision: Revision,
    request: Request,
    rounds: usize,
    /// What the service wants back beside the answers.
    state: Option<String>,
    open: BTreeMap<RequestId, Open>,
    answers: BTreeMap<String, Json>,
    /// Bytes of answers that one round may still take.
    room: usize,
    most_bytes: usize,
}

/// A question that waits for its answer.
#[derive(Debug)]
struct Open {
    key: String,
    kind: Asked,
}

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Person,
    Model,
    Roots,
}

/// A question as it goes out.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Question {
    /// What the answer names.
    pub id: RequestId,
    /// The whole message.
    pub message: Bytes,
}

impl Asking {
    /// A call of a client that speaks this revision. Answers of one round may have so many bytes
    /// together.
    pub fn new(revision: Revision, request: Request, most_bytes: usize) -> Self {
        let (open, answers) = (BTreeMap::new(), BTreeMap::new());
        let (rounds, state, room) = (0, None, most_bytes);
        Self { revision, request, rounds, state, open, answers, room, most_bytes }
    }

    /// What a reply asks, under ids that nobody can guess; none where it asks nothing.
    ///
    /// # Errors
    /// When the client's revision has no such question, when the call asks too much or too often, and
    /// when the system has no random numbers to give.
    pub fn ask(&mut self, reply: &Reply) -> Result<Vec<Question>, Error> {
        self.ask_as(reply, random)
    }

    fn ask_as(
        &mut self,
        reply: &Reply,
        mut mint: impl FnMut() -> Result<RequestId, Error>,
    ) -> Result<Vec<Question>, Error> {
        if reply.kind != Kind::InputRequired {
            return Ok(Vec::new());
        }
        let InputRequired { input_requests, request_state, .. } =
            reply.fields.to_object().parse().map_err(|_| Error::internal())?;
        self.rounds += 1;
        if self.rounds > MOST_ROUNDS {
            return Err(Error::new(code::INTERNAL_ERROR, "the call asks too often"));
        }
        // Nothing to ask means to come back later, which nobody here could be told to do.
        if !(1..=MOST_OPEN).contains(&input_requests.len()) {
            return Err(Error::new(code::INTERNAL_ERROR, "the call asks too much at once"));
        }
        (self.state, self.room) = (request_state, self.most_bytes);
        self.answers.clear();
        self.open.clear();
        let mut questions = Vec::with_capacity(input_requests.len());
        for (key, asked) in input_requests {
            let id = mint()?;
            let message = written(self.revision, &id, &asked)?;
            let kind = Asked::of(&asked.method).ok_or_else(Error::internal)?;
            self.open.insert(id.clone(), Open { key, kind });
            questions.push(Question { id, message });
        }
        Ok(questions)
    }

    /// Takes an answer. Whether all have been taken.
    ///
    /// # Errors
    /// When the client says that it cannot answer or will not, where a handler has no word for that;
    /// and when its answers are too large.
    pub fn answered(&mut self, id: &RequestId, outcome: Outcome) -> Result<bool, Error> {
        let Some(Open { key, kind }) = self.open.remove(id) else { return Ok(false) };
        let answer = match outcome {
            Outcome::Result(answer) => answer,
            Outcome::Error(code) => kind.refused(code)?,
            _ => return Err(Error::internal()),
        };
        let too_large = || Error::invalid_params("the answers are too large");
        let room = self.room.checked_sub(key.len() + answer.as_bytes().len());
        self.room = room.ok_or_else(too_large)?;
        self.answers.insert(key, answer.detached());
        Ok(self.open.is_empty())
    }

    /// The call again, with the answers of this round.
    ///
    /// # Errors
    /// `-32603` when its parameters are none.
    pub fn again(&mut self) -> Result<Request, Error> {
        let failed = |_| Error::internal();
        let mut params: BTreeMap<String, Json> = self.request.params.parse().map_err(failed)?;
        let answers = Json::of(&std::mem::take(&mut self.answers)).map_err(failed)?;
        params.insert("inputResponses".into(), answers);
        match &self.state {
            Some(state) => params.insert("requestState".into(), Json::of(state).map_err(failed)?),
            None => params.remove("requestState"),
        };
        let params = Members::of(&params).map_err(failed)?.to_object();
        Ok(Request::new(self.request.method.clone(), params))
    }

    /// What the client is told of each question that nobody waits for any more.
    pub fn withdrawn(&self) -> Vec<Bytes> {
        let note = |id: &RequestId| {
            let params = json!({ "requestId": id, "reason": "the call has ended" });
            Note::of(method::CANCELLED, &params).map(|note| note.to_message())
        };
        self.open.keys().filter_map(|id| note(id).ok()).collect()
    }
}

/// 128 bits from the system's generator, in hexadecimal.
fn random() -> Result<RequestId, Error> {
    let mut bytes = [0u8; 16];
    getrandom::getrandom(&mut bytes).map_err(|_| Error::internal())?;
    Ok(RequestId::from(format!("{:032x}", u128::from_be_bytes(bytes)).as_str()))
}

fn written(revision: Revision, id: &RequestId, asked: &InputRequest) -> Result<Bytes, Error> {
    match question(revision, id, asked) {
        Ok(params) => Ok(envelope::write_request(id, &asked.method, &params)),
        Err(Unasked::Needs(capabilities)) => Err(Error::missing_capability(&capabilities)),
        Err(_) => Err(Error::internal()),
    }
}

impl Asked {
    fn of(method: &str) -> Option<Self> {
        match method {
            method::ELICIT => Some(Self::Person),
            method::SAMPLE => Some(Self::Model),
            method::ROOTS => Some(Self::Roots),
            _ => None,
        }
    }

    /// What an error in place of an answer comes to.
    ///
    /// A person who is asked can say no and can go away, and handlers have words for both. A model or
    /// a list of folders cannot: in the modern era a client that will not answer just does not call
    /// again. So the call ends, as it would there.
    fn refused(self, code: Option<i32>) -> Result<Json, Error> {
        /// "The user rejected" (2025-11-25, sampling, "Error handling").
        const REJECTED: i32 = -1;
        let cannot = match self {
            // Of a mode that the client does not have.
            Self::Person => &[code::METHOD_NOT_FOUND, code::INVALID_PARAMS][..],
            _ => &[code::METHOD_NOT_FOUND],
        };
        if code.is_some_and(|code| cannot.contains(&code)) {
            let required = Json::of(&json!({ self.capability(): {} }));
            return Err(
                required.map_or_else(|_| Error::internal(), |it| Error::missing_capability(&it))
            );
        }
        match (self, code) {
            (Self::Person, Some(REJECTED)) => answer(Action::Decline),
            (Self::Person, _) => answer(Action::Cancel),
            (Self::Model, _) => Err(Error::new(code::REFUSED, "the client did not ask its model")),
            (Self::Roots, _) => Err(Error::new(code::REFUSED, "the client did not show its roots")),
        }
    }

    fn capability(self) -> &'static str {
        match self {
            Self::Person => "elicitation",
            Self::Model => "sampling",
            Self::Roots => "roots",
        }
    }
}

fn answer(action: Action) -> Result<Json, Error> {
    Json::of(&ElicitResult::new(action)).map_err(|_| Error::internal())
}

#[cfg(test)]
mod tests;
