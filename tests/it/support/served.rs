//! A server in this process, behind a listener of its own.

use std::net::SocketAddr;

use tokio::{sync::oneshot, task::JoinHandle};
use toolgate_core::{IntoService, Shutdown, Transport, transport::Trigger};
use toolgate_transport::http::{Http, Listen, ListenError};

use super::client::{Ask, Reply, within};

/// Ends when it is dropped.
pub(crate) struct Served {
    pub(crate) addr: SocketAddr,
    trigger: Trigger,
    task: JoinHandle<Result<(), ListenError>>,
}

impl Served {
    /// Serves as `http` says, which has to bind port 0.
    pub(crate) async fn start(server: impl IntoService, http: Http<Listen>) -> Self {
        let service = server.into_service().expect("settings that agree");
        let (tell, told) = oneshot::channel();
        let http = http.on_listen(move |at| {
            let _ = tell.send(at.addr);
        });
        let (trigger, until) = Shutdown::new();
        let task = tokio::spawn(http.serve(service, until));
        let addr = within("the listener", told).await.expect("a bound address");
        Self { addr, trigger, task }
    }

    pub(crate) async fn send(&self, ask: &Ask) -> Reply {
        ask.send(self.addr).await
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) async fn stop(mut self) -> Result<(), ListenError> {
        self.trigger.request();
        within("the end of the server", &mut self.task).await.expect("no panic")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}
