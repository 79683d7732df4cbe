//! What connections are accepted with at the moment, and how something newer takes its place.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use rustls::ServerConfig;
use tokio::{
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};
use toolgate_core::StartError;

use super::files::{Files, Stamps};

pub(crate) struct Live {
    files: Files,
    watch: Duration,
    current: RwLock<Arc<ServerConfig>>,
    /// What the files were when they were last read; held while they are.
    read: Mutex<Stamps>,
}

impl Live {
    pub(super) fn start(files: Files, watch: Duration) -> Result<Self, StartError> {
        // Before they are read: a change after that is seen the next time.
        let stamps = files.stamps();
        let current = RwLock::new(files.read()?);
        Ok(Self { files, watch, current, read: Mutex::new(stamps) })
    }

    /// Whether clients are asked for a certificate.
    pub(crate) fn asks_clients(&self) -> bool {
        self.files.asks_clients()
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the files, whether or not they have changed.
    pub(super) fn reload(&self) -> Result<(), StartError> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        self.read(&mut read, self.files.stamps())
    }

    /// Reads the files where one of them has changed since. Those that cannot be used are read again
    /// once one of them changes.
    fn look(&self) {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let stamps = self.files.stamps();
        if *read == stamps {
            return;
        }
        match self.read(&mut read, stamps) {
            Ok(()) => tracing::info!("the files of TLS have changed and are in use"),
            Err(error) => {
                tracing::warn!(%error, "the files of TLS have changed, and those before stay in use");
            }
        }
    }

    fn read(&self, read: &mut Stamps, stamps: Stamps) -> Result<(), StartError> {
        *read = stamps;
        let config = self.files.read()?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    /// Looks at the files from time to time; never done.
    pub(crate) async fn watch(self: &Arc<Self>) {
        if self.watch.is_zero() {
            return std::future::pending().await;
        }
        let mut clock = interval(self.watch);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            clock.tick().await;
            let this = Arc::clone(self);
            if spawn_blocking(move || this.look()).await.is_err() {
                tracing::warn!("the files of TLS could not be looked at");
            }
        }
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("files", &self.files).finish_non_exhaustive()
    }
}
