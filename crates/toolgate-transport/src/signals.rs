//! The system's word that the process should end.

use std::{fmt, future::pending};

/// Signals to this process, or none for who listens to none.
pub(crate) struct Signals(Option<System>);

impl Signals {
    /// From now on signals do not end the process by themselves.
    pub(crate) fn of_process() -> Self {
        Self(Some(System::new()))
    }

    /// For who is ended by other means.
    #[cfg(feature = "stdio")]
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// The next one. Cancel-safe.
    pub(crate) async fn next(&mut self) {
        match &mut self.0 {
            Some(system) => system.next().await,
            None => pending().await,
        }
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signals")
    }
}

#[cfg(unix)]
struct System {
    // None where there can be no handler: then the system ends the process by itself.
    interrupt: Option<tokio::signal::unix::Signal>,
    terminate: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl System {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let [interrupt, terminate] =
            [SignalKind::interrupt(), SignalKind::terminate()].map(|kind| signal(kind).ok());
        Self { interrupt, terminate }
    }

    async fn next(&mut self) {
        async fn one(signal: &mut Option<tokio::signal::unix::Signal>) {
            let told = match signal {
                Some(signal) => signal.recv().await,
                None => None,
            };
            if told.is_none() {
                pending::<()>().await;
            }
        }
        tokio::select! {
            () = one(&mut self.interrupt) => {}
            () = one(&mut self.terminate) => {}
        }
    }
}

#[cfg(not(unix))]
struct System;

#[cfg(not(unix))]
impl System {
    fn new() -> Self {
        Self
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            pending::<()>().await;
        }
    }
}
