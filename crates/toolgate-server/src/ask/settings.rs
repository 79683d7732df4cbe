//! Settings of a server about what clients keep for it.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use toolgate_core::{
    StartError,
    env::{self, Env},
};

use crate::seal::{SealKey, Sealer};

pub(crate) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Settings {
    /// None were set in code.
    pub(crate) keys: Option<Vec<SealKey>>,
    pub(crate) env: Option<Arc<Env>>,
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
