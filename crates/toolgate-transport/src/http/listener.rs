//! The listener: accepts connections, and lets go of them in order.

use std::{fmt, io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::{sleep, timeout},
};
use toolgate_core::{Service, Shutdown, StartError, Transport, env};

use super::{
    builder::{Http, Listen},
    conn::{self, Shared},
    endpoint::Endpoint,
    places::Places,
    service::McpService,
    site::Place,
};
use crate::signals::Signals;

/// How long to wait after the system had no connection to give, for example no descriptor.
const BREATH: Duration = Duration::from_millis(50);

/// What came of binding an address.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Listening {
    /// The address that was bound.
    pub addr: SocketAddr,
    /// The endpoint's URL: the public one, or else one with the bound address.
    pub endpoint: String,
}

/// Why there is no listener.
#[derive(Debug)]
#[non_exhaustive]
pub enum ListenError {
    /// Settings contradict each other.
    Start(StartError),
    /// The address cannot be bound.
    Bind {
        /// The address as it was set.
        addr: String,
        /// What the system said.
        source: io::Error,
    },
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(error) => error.fmt(f),
            Self::Bind { addr, .. } => write!(f, "the address `{addr}` cannot be bound"),
        }
    }
}

impl std::error::Error for ListenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Start(_) => None,
            Self::Bind { source, .. } => Some(source),
        }
    }
}

impl From<StartError> for ListenError {
    fn from(error: StartError) -> Self {
        Self::Start(error)
    }
}

impl Transport for Http<Listen> {
    type Error = ListenError;

    /// Serves until it is told to stop, by `until` or by a signal. Then `/ready` says no, accepting
    /// stops, long requests are told to end, and calls finish within the bound of
    /// [`Limits::drain`](super::Limits::drain). A second signal ends them at once.
    async fn serve(self, service: Arc<dyn Service>, until: Shutdown) -> Result<(), ListenError> {
        let Self { mut settings, stage } = self;
        let Listen { addr, fallback, door, on_listen } = stage;
        let door = door.ready(settings.env.as_ref())?;
        (settings.secure, settings.certified) = (door.is_tls(), door.asks_clients());
        let addr = match (addr, &settings.env) {
            (Some(addr), _) => addr,
            (None, Some(env)) => {
                env.text(env::ADDR)?.unwrap_or_else(|| env::ADDR.default.to_owned())
            }
            (None, None) => env::ADDR.default.to_owned(),
        };
        let bound = TcpListener::bind(&addr).await.and_then(|it| Ok((it.local_addr()?, it)));
        let (bound, listener) = bound.map_err(|source| ListenError::Bind { addr, source })?;
        let setup = settings.settle(&service.card(), Place::Bound(bound))?;
        for warning in &setup.warnings {
            tracing::warn!("{warning}");
        }
        let endpoint = Endpoint::new(service, setup);
        let listening = listening(bound, &endpoint, door.is_tls());
        announce(&listening, &endpoint);
        if let Some(tell) = on_listen {
            tell(listening);
        }
        let app = McpService::new(endpoint.clone()).app();
        let (limits, stopping) = (endpoint.limits.clone(), endpoint.stopping.clone());
        #[cfg(feature = "tls")]
        let handshakes = Arc::new(Semaphore::new(half(limits.connections)));
        let shared = Shared {
            app,
            fallback,
            limits,
            stopping,
            door,
            #[cfg(feature = "tls")]
            handshakes,
        };
        run(listener, shared, &endpoint, &until).await;
        Ok(())
    }
}

fn listening(addr: SocketAddr, endpoint: &Endpoint, secure: bool) -> Listening {
    let (site, scheme) = (&endpoint.site, if secure { "https" } else { "http" });
    let url = site.resource.clone().unwrap_or_else(|| format!("{scheme}://{addr}{}", site.path));
    Listening { addr, endpoint: url }
}

fn announce(listening: &Listening, endpoint: &Endpoint) {
    let authenticates = match (&endpoint.auth, endpoint.resource_card.authorization_servers.len()) {
        (None, _) => "nobody, anybody may call".to_owned(),
        (Some(_), 0) => "an authenticator of the server's own".to_owned(),
        (Some(_), _) => endpoint.resource_card.authorization_servers.join(", "),
    };
    tracing::info!(
        addr = %listening.addr,
        path = endpoint.site.path,
        endpoint = listening.endpoint,
        authenticates,
        limits = ?endpoint.limits,
        "listening"
    );
}

async fn run(listener: TcpListener, shared: Shared, endpoint: &Endpoint, until: &Shutdown) {
    let mut signals = Signals::of_process();
    let mut connections = JoinSet::new();
    let told = async {
        tokio::select! { () = until.requested() => {} () = signals.next() => {} }
        endpoint.unready();
        sleep(endpoint.limits.notice).await;
    };
    let door = shared.door.clone();
    let places = Places::new(&endpoint.limits, endpoint.site.clone());
    tokio::select! {
        () = told => {}
        () = door.mind() => {}
        () = take(&listener, shared, &places, &mut connections) => {}
    }
    drop(listener);
    endpoint.stop();
    tracing::info!(connections = connections.len(), "stopping");
    // Calls may outlive their connections.
    let finish = async {
        while connections.join_next().await.is_some() {}
        endpoint.admission.ended().await;
    };
    tokio::select! {
        done = timeout(endpoint.limits.drain, finish) => if done.is_err() {
            tracing::warn!("calls were still running and are cut off; limits: drain");
        },
        () = signals.next() => tracing::warn!("told twice, so calls are cut off"),
    }
    connections.shutdown().await;
    endpoint.past.cut_off();
}

/// Of so many places, those that handshakes may have.
#[cfg(feature = "tls")]
fn half(places: usize) -> usize {
    (places / 2).clamp(1, Semaphore::MAX_PERMITS)
}

/// Takes connections for as long as it is polled.
async fn take(
    listener: &TcpListener,
    shared: Shared,
    places: &Places,
    connections: &mut JoinSet<()>,
) {
    let free = shared.limits.connections.min(Semaphore::MAX_PERMITS);
    let free = Arc::new(Semaphore::new(free));
    loop {
        tokio::select! {
            (permit, accepted) = accept(listener, &free) => match accepted {
                Ok((stream, peer)) => {
                    let Some(place) = places.take(peer.ip()) else { continue };
                    let shared = shared.clone();
                    connections.spawn(async move {
                        conn::serve(stream, peer, shared).await;
                        drop((permit, place));
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(BREATH).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// The next connection, once there is room for it. Those that wait do so in the system's queue.
async fn accept(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
) -> (Option<OwnedSemaphorePermit>, io::Result<(TcpStream, SocketAddr)>) {
    // The semaphore is never closed.
    let permit = free.clone().acquire_owned().await.ok();
    (permit, listener.accept().await)
}
