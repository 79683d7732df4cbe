//! Settings of a server about what clients keep for it.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use toolgate_core::{
    StartError,
    env::{self, Env},
};

use crate::{
    seal::{SealKey, Sealer},
    server::Server,
};

pub(crate) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Settings {
    /// None were set in code.
    keys: Option<Vec<SealKey>>,
    env: Option<Arc<Env>>,
    /// How long a question may wait for its answer.
    pub(crate) within: Duration,
    /// The longest state, in bytes of its text.
    pub(crate) most_state: usize,
    /// How many used states are remembered at a time; the default takes about 3 MiB.
    pub(crate) used: usize,
    pub(crate) clock: Clock,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            keys: None,
            env: None,
            within: Duration::from_secs(600),
            most_state: 64 << 10,
            used: 1 << 16,
            clock: Arc::new(SystemTime::now),
        }
    }
}

/// What a state without answers fits into.
const LEAST_STATE: usize = 1024;

impl Settings {
    /// # Errors
    /// When no question could survive them.
    pub(crate) fn check(&self) -> Result<(), StartError> {
        let mut problems = Vec::new();
        if self.most_state < LEAST_STATE {
            problems.push(format!("`state_size` is less than {LEAST_STATE} bytes"));
        }
        if self.within.as_secs() == 0 {
            problems.push("`answer_within` is less than a second".into());
        }
        StartError::check(problems)
    }

    /// What seals by these settings: code before environment before a random key.
    ///
    /// # Errors
    /// When a variable holds no keys.
    pub(crate) fn sealer(&self) -> Result<Sealer, StartError> {
        let keys = match (&self.keys, &self.env) {
            (Some(keys), _) if keys.is_empty() => {
                return Err(StartError::new("`seal_keys` names no key"));
            }
            (Some(keys), _) => keys.clone(),
            (None, Some(env)) => from_env(env)?,
            (None, None) => Vec::new(),
        };
        Sealer::new(keys)
    }
}

fn from_env(env: &Env) -> Result<Vec<SealKey>, StartError> {
    let wrong = |bad| StartError::new(format!("{}: {bad}", env::SEAL_KEYS.name));
    let keys = env.list(env::SEAL_KEYS)?.unwrap_or_default();
    keys.iter().map(|key| key.parse().map_err(wrong)).collect()
}

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
