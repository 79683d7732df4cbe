//! Proofs that were used, remembered for several servers at once: what a store for that is asked.

use std::time::SystemTime;

use toolgate_core::BoxFuture;

use super::Replay;

/// Remembers used proofs for all servers that share it, so that none of them takes a proof that
/// another took. Without one, each process remembers its own ([`Replays`](super::Replays)).
///
/// What cannot be remembered or known is [`Replay::Unknown`], which is answered with 503: never a
/// pass. So is a store that takes longer than two seconds.
///
/// ```
/// use std::{collections::HashSet, sync::Mutex};
///
/// use toolgate_auth::dpop::{ProofStore, ProofUse, Replay};
/// use toolgate_core::BoxFuture;
///
/// /// In Redis this is `SET id 1 NX PX` and the milliseconds from `now` to `until`. Not `EXAT until`: a
/// /// store whose clock is ahead would forget a proof at once, and take it again.
/// struct Table(Mutex<HashSet<[u8; 32]>>);
///
/// impl ProofStore for Table {
///     fn use_once<'a>(&'a self, used: &'a ProofUse) -> BoxFuture<'a, Replay> {
///         Box::pin(async move {
///             match self.0.lock() {
///                 Ok(mut table) => match table.insert(used.id) {
///                     true => Replay::New,
///                     false => Replay::Used,
///                 },
///                 Err(_) => Replay::Unknown,
///             }
///         })
///     }
/// }
/// ```
pub trait ProofStore: Send + Sync + 'static {
    /// Remembers a proof until its end, and says whether that is the first time; in one step, so that
    /// of two servers that ask at once one is told that it is used.
    fn use_once<'a>(&'a self, used: &'a ProofUse) -> BoxFuture<'a, Replay>;
}

/// A proof that is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProofUse {
    /// A hash of the key and of the proof's id: what is remembered.
    pub id: [u8; 32],
    /// A hash of whose token it is for, by issuer and subject: one caller should not fill the room of
    /// all.
    pub caller: [u8; 32],
    /// Until when it has to be remembered; afterwards the proof is of no use any more. By the
    /// authenticator's clock, as `now`: what counts elsewhere is the time between them.
    pub until: SystemTime,
    /// Now, by the authenticator's clock.
    pub now: SystemTime,
}
