//! Whose connections the listener takes: nobody has all of its places.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use toolgate_core::Caller;

use super::{
    admission::{Admission, Bucket, Permit},
    limits::Limits,
    site::Site,
};

/// The places of a listener, by address.
pub(crate) struct Places {
    taken: Arc<Admission>,
    site: Arc<Site>,
    told: AtomicBool,
}

/// One of them; for as long as it is kept.
pub(crate) struct Place {
    _permit: Option<Permit>,
}

impl Places {
    pub(crate) fn new(limits: &Limits, site: Arc<Site>) -> Self {
        let taken = Admission::new(limits.connections_per_address, usize::MAX);
        Self { taken, site, told: AtomicBool::new(false) }
    }

    /// A place for an address; none where it has enough of them. Who stands for many has no bound.
    pub(crate) fn take(&self, peer: IpAddr) -> Option<Place> {
        if self.site.proxies.trusts(peer) {
            return Some(Place { _permit: None });
        }
        let permit = self.taken.enter(Bucket::of(&Caller::Open, Some(peer)));
        if permit.is_none() && !self.told.swap(true, Ordering::Relaxed) {
            // Once, or whoever comes too often would fill the log.
            let remedy = "limits: connections_per_address; behind a proxy trusted_proxies";
            tracing::warn!(%peer, remedy, "an address has too many connections; more are closed");
        }
        permit.map(|permit| Place { _permit: Some(permit) })
    }
}
