//! How a server asks its clients, and what seals what they keep for it.

use std::{sync::Arc, time::Duration};

use toolgate_core::env::Env;

use super::Server;
use crate::seal::SealKey;

impl<S> Server<S> {
    /// The keys that seal what clients keep for the server: the first seals, all open. Without any,
    /// a random one is made at each start, and what was sealed before is refused.
    ///
    /// Servers behind one balancer need the same. To change keys, add the new one last everywhere,
    /// then put it first everywhere, then take the old one away once what it sealed has expired.
    #[must_use]
    pub fn seal_keys(mut self, keys: impl IntoIterator<Item = SealKey>) -> Self {
        self.asking.keys = Some(keys.into_iter().collect());
        self
    }

    /// Takes what is not set in code from the environment of this process: `TOOLGATE_SEAL_KEYS`.
    #[must_use]
    pub fn env(self) -> Self {
        self.env_from(Env::process())
    }

    /// Takes what is not set in code from an environment.
    #[must_use]
    pub fn env_from(mut self, env: Env) -> Self {
        self.asking.env = Some(Arc::new(env));
        self
    }

    /// How long a client may take to answer what a handler asked; 10 minutes by default, in whole
    /// seconds.
    #[must_use]
    pub fn answer_within(mut self, time: Duration) -> Self {
        self.asking.within = time;
        self
    }

    /// How much a client is given to keep between the tries of one request, in bytes; 64 KiB by
    /// default. All answers but the last are in it.
    #[must_use]
    pub fn state_size(mut self, bytes: usize) -> Self {
        self.asking.most_state = bytes;
        self
    }
}
