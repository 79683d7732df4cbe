//! What carries messages between clients and a service.

use std::{future::Future, sync::Arc};

use tokio::sync::watch;

use crate::service::Service;

/// Carries messages between clients and a service.
///
/// A transport authenticates each request with [`identify`](crate::authenticate::identify) before
/// it reads more than it must, and hands the service a [`Context`](crate::Context) with the result.
/// One that forgets has to write [`Caller::Open`](crate::Caller::Open), and the service refuses.
pub trait Transport {
    /// Why serving ended badly.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Serves until told to stop, then lets running calls finish within a bound of its own.
    fn serve(
        self,
        service: Arc<dyn Service>,
        until: Shutdown,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// Tells a transport, and everything that runs in it, to stop.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Receiver<bool>);

/// Requests a shutdown. Dropping it without a word requests nothing.
#[derive(Debug)]
pub struct Trigger(watch::Sender<bool>);

impl Shutdown {
    /// A shutdown and its trigger.
    pub fn new() -> (Trigger, Self) {
        let (sender, receiver) = watch::channel(false);
        (Trigger(sender), Self(receiver))
    }

    /// A shutdown that nobody requests.
    pub fn never() -> Self {
        Self::new().1
    }

    /// Comes back once it is requested. Cancel-safe.
    pub async fn requested(&self) {
        if self.0.clone().wait_for(|requested| *requested).await.is_err() {
            // The trigger is gone, so nobody can request it any more.
            std::future::pending::<()>().await;
        }
    }

    /// Whether it was requested.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }
}

impl Trigger {
    /// Requests the shutdown.
    pub fn request(&self) {
        self.0.send_replace(true);
    }
}
