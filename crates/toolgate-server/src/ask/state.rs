//! What a client keeps between the tries of a request, sealed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toolgate_core::{
    Caller, Request,
    protocol::{Json, input::Answers},
};

use super::{digest, used::Id};
use crate::seal::{self, Sealer, Unopened, Unsealed};

const PURPOSE: &str = "request state";

/// What is sealed. Owner, method and parameters are not in it: it does not open without them.
#[derive(Serialize, Deserialize)]
pub(crate) struct State {
    /// Its random name, by which it is used once.
    pub(crate) id: Id,
    /// When it expires, in seconds since 1970.
    pub(crate) until: u64,
    /// The keys that were asked under.
    pub(crate) asked: Vec<String>,
    /// What was answered before.
    pub(crate) answers: BTreeMap<String, Json>,
    /// Bits of the progress that was reported.
    pub(crate) progress: Option<u64>,
}

/// Whose it is and for which request.
pub(crate) struct Bound<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) request: &'a Request,
    /// The process, where it must not leave it.
    pub(crate) process: Option<&'a [u8]>,
}

impl State {
    pub(crate) fn seal(&self, sealer: &Sealer, bound: &Bound<'_>) -> Result<String, Unsealed> {
        let payload = serde_json::to_vec(self).map_err(|_| Unsealed)?;
        bound.parts(|parts| sealer.seal(PURPOSE, parts, &payload)).ok_or(Unsealed)?
    }

    /// # Errors
    /// When it is none of ours, or not for this.
    pub(crate) fn open(text: &str, sealer: &Sealer, bound: &Bound<'_>) -> Result<Self, Unopened> {
        let opened = bound.parts(|parts| sealer.open(PURPOSE, parts, text));
        let payload = opened.ok_or(Unopened::Form)??;
        // What we sealed, we can read; unless another version did.
        serde_json::from_slice(&payload).map_err(|_| Unopened::Form)
    }

    /// The progress that was reported.
    pub(crate) fn reached(&self) -> Option<f64> {
        self.progress.map(f64::from_bits).filter(|progress| progress.is_finite())
    }

    /// What was answered before, and what is answered now to what was asked.
    pub(crate) fn answers(self, new: BTreeMap<String, Json>) -> Answers {
        let Self { asked, mut answers, .. } = self;
        answers.extend(new.into_iter().filter(|(key, _)| asked.contains(key)));
        Answers::new(answers, None)
    }
}

impl Bound<'_> {
    /// None where the parameters are too deep to have a digest.
    fn parts<T>(&self, with: impl FnOnce(&[&[u8]]) -> T) -> Option<T> {
        let (owner, digest) = (seal::owner(self.caller), digest::of(&self.request.params)?);
        let method = self.request.method.as_bytes();
        let process = self.process.unwrap_or_default();
        Some(with(&[&owner, method, &digest, process]))
    }
}
