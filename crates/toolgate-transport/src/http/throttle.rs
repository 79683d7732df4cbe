//! What becomes of an address from which many credentials came that were wrong.
//!
//! Whoever sends the right ones is let in all the same: all that can be decided here is decided. Past
//! the bound two things change. Nobody else is asked about credentials that are new here, since an
//! authorization server must not be flooded through us; and who is refused is told to come back later
//! (429) in place of how to log in (401).

use std::{net::IpAddr, time::Duration};

use toolgate_core::{Caller, Refused};

use super::{
    admission::Bucket,
    rate::{Buckets, Rate},
};

/// Failed authentications by address.
pub(crate) struct Failures(Option<Buckets>);

impl Failures {
    /// So many of one address; any number where there is no bound.
    pub(crate) fn new(bound: Option<Rate>) -> Self {
        Self(bound.map(Buckets::new))
    }

    /// Whether an address may fail once more. One that is not known is not counted: it would be
    /// everybody's.
    ///
    /// # Errors
    /// In how long it may.
    pub(crate) fn room(&self, address: Option<IpAddr>) -> Result<(), Duration> {
        match (&self.0, address) {
            (Some(buckets), Some(address)) => buckets.room(&bucket(address)),
            _ => Ok(()),
        }
    }

    /// What a refusal becomes. `before` is whether the address had room when its credentials were
    /// judged.
    pub(crate) fn judge(
        &self,
        address: Option<IpAddr>,
        before: Result<(), Duration>,
        refused: Refused,
    ) -> Refused {
        let (Some(buckets), Some(address)) = (&self.0, address) else { return refused };
        match (&refused, before) {
            (Refused::Unauthenticated(refusal), _) if refusal.counts() => {
                match buckets.take(&bucket(address)) {
                    Ok(()) => refused,
                    Err(retry) => Refused::Busy { retry },
                }
            }
            // Nobody was asked.
            (Refused::Unavailable { .. }, Err(retry)) => Refused::Busy { retry },
            _ => refused,
        }
    }
}

/// As for callers without identity: one customer's IPv6 addresses count as one.
fn bucket(address: IpAddr) -> Bucket {
    Bucket::of(&Caller::Open, Some(address))
}
