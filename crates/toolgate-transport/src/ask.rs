//! How an authenticator asks for other credentials, whatever becomes of its code.

use std::panic::{AssertUnwindSafe, catch_unwind};

use toolgate_core::{Authenticate, Refusal, authenticate::Challenge};

/// An authenticator's challenges. Where it panics the refusal stands all the same, and the challenge
/// is the one that every client can read: without any no client would know that it may log in.
pub(crate) fn challenges(auth: &dyn Authenticate, why: &Refusal) -> Vec<Challenge> {
    let asked = catch_unwind(AssertUnwindSafe(|| auth.challenges(why)));
    asked.unwrap_or_else(|_| {
        tracing::error!(remedy = "auth", "the authenticator panicked when asked for challenges");
        vec![Challenge::bearer()]
    })
}
