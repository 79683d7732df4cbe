//! A request that is lost with a connection which was kept and which its peer closes at that moment: sent
//! once more where that can do no harm, over a new connection.

use std::{
    collections::VecDeque,
    error::Error,
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::{Extensions, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{
        Client, Error as SendError,
        connect::{Connect, HttpInfo},
    },
    rt::{TokioExecutor, TokioTimer},
};

/// Connections of which it is known that they have answered.
const ANSWERED: usize = 64;

/// Says of a request that it changes nothing and may come twice, whatever its method.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Repeatable;

/// A client that keeps connections, and one that does not: the next kept connection may be closed too.
pub(super) struct Clients<C> {
    keeping: Client<C, Full<Bytes>>,
    fresh: Client<C, Full<Bytes>>,
    /// The last connections that have answered.
    answered: Mutex<VecDeque<Ends>>,
}

/// A connection, by its ends: ours, and the peer's.
type Ends = (SocketAddr, SocketAddr);

impl<C: Connect + Clone + Send + Sync + 'static> Clients<C> {
    pub(super) fn new(connector: C) -> Self {
        let mut builder = Client::builder(TokioExecutor::new());
        // A request that a kept connection has not taken goes to another, whatever it is.
        builder.pool_timer(TokioTimer::new()).retry_canceled_requests(true);
        let keeping = builder.build(connector.clone());
        let fresh = builder.pool_max_idle_per_host(0).build(connector);
        Self { keeping, fresh, answered: Mutex::default() }
    }

    /// Sends a request, a second time where the first got lost.
    pub(super) async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, SendError> {
        let again = request.clone();
        let error = match self.keeping.request(request).await {
            Ok(answer) => {
                self.note(ends(answer.extensions()));
                return Ok(answer);
            }
            Err(error) => error,
        };
        if !(may_come_twice(&again) && is_lost(&error) && self.has_answered(&error)) {
            return Err(error);
        }
        tracing::debug!(
            host = again.uri().host(),
            "a connection was closed: asking over a new one"
        );
        self.fresh.request(again).await
    }

    fn note(&self, ends: Option<Ends>) {
        let mut answered = self.answered();
        let Some(ends) = ends.filter(|ends| !answered.contains(ends)) else { return };
        answered.push_back(ends);
        if answered.len() > ANSWERED {
            answered.pop_front();
        }
    }

    /// Whether the connection of an error was one that was kept. A peer that closes new ones is away, and
    /// nobody has to ask it twice.
    fn has_answered(&self, error: &SendError) -> bool {
        let mut extras = Extensions::new();
        if let Some(info) = error.connect_info() {
            info.get_extras(&mut extras);
        }
        ends(&extras).is_some_and(|ends| self.answered().contains(&ends))
    }

    /// A panic elsewhere leaves nothing half-written here that would be wrong.
    fn answered(&self) -> MutexGuard<'_, VecDeque<Ends>> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ends(extras: &Extensions) -> Option<Ends> {
    extras.get::<HttpInfo>().map(|info| (info.local_addr(), info.remote_addr()))
}

fn may_come_twice<B>(request: &Request<B>) -> bool {
    request.method().is_safe() || request.extensions().get::<Repeatable>().is_some()
}

/// Whether what failed is the connection. An answer that is no good would be none the second time.
fn is_lost(error: &SendError) -> bool {
    cause::<hyper::Error>(error)
        .is_some_and(|error| !(error.is_parse() || error.is_user() || error.is_timeout()))
}

/// The error, or the first of its causes, that is an `E`.
pub(super) fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use hyper_util::client::legacy::connect::HttpConnector;

    use super::*;

    #[tokio::test]
    async fn connections_that_have_answered_are_known_within_a_bound_the_last_ones_first() {
        let clients = Clients::new(HttpConnector::new());
        let ends = |port: u16| ([127, 0, 0, 1], port).into();
        for port in 0..1_000 {
            clients.note(Some((ends(port), ends(443))));
            clients.note(Some((ends(port), ends(443))));
        }
        let answered = clients.answered();
        assert_eq!(answered.len(), ANSWERED);
        assert!(answered.contains(&(ends(999), ends(443))));
    }
}
