//! What becomes of an address from which many credentials came that were wrong.
//!
//! Whoever sends the right ones is let in all the same: all that can be decided here is decided. Past
//! the bound two things change. Nobody else is asked about credentials that are new here, since an
//! authorization server must not be flooded through us; and who is refused is told to come back later
//! (429) in place of how to log in (401).

use std::{
    net::IpAddr,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use toolgate_core::{Caller, Refused};

use super::{
    admission::Bucket,
    rate::{Buckets, Rate},
};

/// How many times as many questions come from an address that all who use a proxy share.
const SHARED: u32 = 16;

/// Failed authentications by address.
pub(crate) struct Failures {
    own: Option<Buckets>,
    /// Those of shared addresses, of which others were asked.
    shared: Option<Buckets>,
    /// Those with credentials that are right, of who was shut out. They cost nobody else a question.
    barred: Option<Buckets>,
}

/// Where credentials come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The address of whoever sent them, as far as can be told.
    Own(IpAddr),
    /// That of a proxy which nobody has named: of everybody who comes that way.
    Shared(IpAddr),
    /// Somewhere.
    Unknown,
}

/// Whether an authenticator wanted to ask somebody about a request's credentials.
#[derive(Debug, Default)]
pub(crate) struct Wanted(AtomicBool);

impl Wanted {
    pub(crate) fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_noted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Clone for Wanted {
    fn clone(&self) -> Self {
        Self(AtomicBool::new(self.is_noted()))
    }
}

/// Credentials of an address on their way to a verdict. One that never comes, since whoever sent them
/// hung up, counts as a failure where somebody else was asked: their question goes on.
pub(crate) struct Attempt<'a> {
    counted: Option<(&'a Buckets, Bucket)>,
    barred: Option<&'a Buckets>,
    /// Whether it counts only where others were asked.
    shared: bool,
    wanted: &'a Wanted,
    /// Whether the address had room for a failure before.
    room: Result<(), Duration>,
}

impl Failures {
    /// So many of one address; any number where there is no bound.
    pub(crate) fn new(bound: Option<Rate>) -> Self {
        let shared = bound.map(|bound| Buckets::new(bound.times(SHARED)));
        Self { own: bound.map(Buckets::new), shared, barred: bound.map(Buckets::new) }
    }

    /// Credentials that are about to be judged. What comes from nowhere is not counted: it would be
    /// everybody's. Of an address that many share, what is wrong by itself is not, either.
    pub(crate) fn attempt<'a>(&'a self, from: Source, wanted: &'a Wanted) -> Attempt<'a> {
        let (buckets, address) = match from {
            Source::Own(address) => (&self.own, Some(address)),
            Source::Shared(address) => (&self.shared, Some(address)),
            Source::Unknown => (&None, None),
        };
        let counted = buckets.as_ref().zip(address.map(bucket));
        let room = counted.as_ref().map_or(Ok(()), |(buckets, who)| buckets.room(who));
        let barred = self.barred.as_ref();
        Attempt { counted, barred, shared: matches!(from, Source::Shared(_)), wanted, room }
    }
}

/// Credentials that are right, of somebody who may have been shut out since they were made.
pub(crate) struct Right<'a>(Option<(&'a Buckets, Bucket)>);

impl<'a> Attempt<'a> {
    /// Whether others may be asked about them.
    pub(crate) fn may_ask(&self) -> bool {
        self.room.is_ok()
    }

    /// They are right, and cost nothing.
    pub(crate) fn right(mut self) -> Right<'a> {
        let own = self.counted.take().filter(|_| !self.shared);
        Right(self.barred.zip(own.map(|(_, who)| who)))
    }

    /// What a refusal becomes.
    pub(crate) fn refused(mut self, refused: Refused) -> Refused {
        let asked = self.has_asked();
        let Some((buckets, who)) = self.counted.take() else { return refused };
        match (&refused, self.room) {
            (Refused::Unauthenticated(_), _) if self.shared && !self.wanted.is_noted() => refused,
            (Refused::Unauthenticated(refusal), _) if refusal.counts() => {
                let Err(retry) = buckets.take(&who) else { return refused };
                // Others that came at once had taken the room, and somebody was asked all the same.
                if asked {
                    buckets.charge(&who, 1);
                }
                Refused::Busy { retry }
            }
            // An answer that is none was a question, too.
            (Refused::Unavailable { .. } | Refused::Failed(_), Ok(())) if asked => {
                buckets.charge(&who, 1);
                refused
            }
            // Nobody was asked.
            (Refused::Unavailable { .. }, Err(retry)) if self.wanted.is_noted() => {
                Refused::Busy { retry }
            }
            _ => refused,
        }
    }

    fn has_asked(&self) -> bool {
        self.may_ask() && self.wanted.is_noted()
    }
}

impl Right<'_> {
    /// What a refusal for who they are becomes. They were good once, and are none to be tried.
    pub(crate) fn shut_out(self, refused: Refused) -> Refused {
        match (&refused, self.0) {
            (Refused::Unauthenticated(refusal), Some((buckets, who))) if refusal.counts() => {
                buckets.take(&who).err().map_or(refused, |retry| Refused::Busy { retry })
            }
            _ => refused,
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if self.has_asked()
            && let Some((buckets, who)) = self.counted.take()
        {
            buckets.charge(&who, 1);
        }
    }
}

/// As for callers without identity: one customer's IPv6 addresses count as one.
fn bucket(address: IpAddr) -> Bucket {
    Bucket::of(&Caller::Open, Some(address))
}
