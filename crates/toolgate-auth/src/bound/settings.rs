//! What is set about proofs of keys, for the tokens of one issuer, and what comes of several.

use std::{fmt, sync::Arc};

use toolgate_core::Certificates;

use super::{Clock, Dpop, Mtls, Possession, Proofs, Used};
use crate::dpop::{Nonces, ProofStore, Replays};

/// What is asked for.
#[derive(Clone, Default)]
pub(crate) struct Asked {
    pub(crate) dpop: Dpop,
    pub(crate) mtls: Mtls,
    /// The room for used proofs, where it was said.
    pub(crate) room: Option<(usize, usize)>,
    pub(crate) store: Option<Arc<dyn ProofStore>>,
    pub(crate) nonces: Option<Nonces>,
}

impl Asked {
    /// What is wrong with it, a sentence each.
    pub(crate) fn problems(&self) -> Vec<String> {
        let off = self.dpop == Dpop::Off;
        let told = [
            (
                self.room.is_some_and(|(all, per_caller)| all == 0 || per_caller == 0),
                "`dpop_memory` leaves no room, so no proof would pass",
            ),
            (
                self.room.is_some() && self.store.is_some(),
                "`dpop_memory` is of this process, and `dpop_store` takes its place; say one of them",
            ),
            (
                off && self.store.is_some(),
                "`dpop_store` is said, and neither `dpop` nor `require_dpop`",
            ),
            (
                off && self.nonces.is_some(),
                "`dpop_nonces` is said, and neither `dpop` nor `require_dpop`",
            ),
        ];
        let told = told.into_iter().filter(|(wrong, _)| *wrong);
        told.map(|(_, problem)| problem.to_owned()).collect()
    }
}

/// What contradicts itself among the settings of several issuers: one request is proven once.
pub(crate) fn contradictions(all: &[&Asked]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut stores = all.iter().filter_map(|asked| asked.store.as_ref());
    if let Some(first) = stores.next()
        && stores.any(|other| !Arc::ptr_eq(first, other))
    {
        problems.push("two issuers have two `dpop_store`s; give them one".to_owned());
    }
    let mut nonces = all.iter().filter_map(|asked| asked.nonces.as_ref());
    if let Some(first) = nonces.next()
        && nonces.any(|other| !first.is(other))
    {
        problems.push("two issuers have two `dpop_nonces`; give them clones of one".to_owned());
    }
    problems
}

impl Possession {
    /// What is asked for where tokens of all of these come: the largest memory counts.
    pub(crate) fn of(all: &[&Asked], clock: Clock) -> Self {
        let looks = all.iter().any(|asked| asked.dpop != Dpop::Off);
        let proofs = looks.then(|| {
            let largest = |one: (usize, usize), other: (usize, usize)| {
                (one.0.max(other.0), one.1.max(other.1))
            };
            let here = || {
                let room = all.iter().filter_map(|asked| asked.room).reduce(largest);
                let said = room.map(|(all, per_caller)| Replays::new(all, per_caller));
                Used::Here(said.unwrap_or_default())
            };
            let store = all.iter().find_map(|asked| asked.store.clone());
            let nonces = all.iter().find_map(|asked| asked.nonces.clone());
            Proofs { used: store.map_or_else(here, Used::Shared), nonces }
        });
        let required = all.iter().all(|asked| asked.dpop == Dpop::Required);
        let certificates = all.iter().map(|asked| asked.mtls.certificates());
        let certificates = certificates.reduce(Certificates::or).unwrap_or_default();
        Self { clock, proofs, required, certificates }
    }
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked")
            .field("dpop", &self.dpop)
            .field("mtls", &self.mtls)
            .finish_non_exhaustive()
    }
}
