//! The contract of a transport: every request is authenticated, none is lost, mixed up or left
//! behind.

mod door;
mod probe;
mod rules;
mod stage;

use std::{fmt, future::ready, sync::Arc};

use toolgate_core::{Authenticate, BoxFuture, Error, Note, Request, Transport, protocol::Json};

use super::{Broken, Findings};

/// Begins the contract of a transport.
///
/// `make` makes one that asks the authenticator it is given, and what reaches it: each check serves
/// a new one. Everything else is the kit's: the authenticator, the service behind the transport,
/// and what is sent.
///
/// ```
/// use toolgate_core::{BoxFuture, Credentials, Error, Request};
/// use toolgate_testkit::contract::{self, Client, Dial, Event, Exchange};
/// use toolgate_transport::memory;
///
/// struct Near(memory::Client);
///
/// impl Dial for Near {
///     type Client = Caller;
///     fn connect<'a>(&'a self, token: Option<&'a str>) -> BoxFuture<'a, Result<Caller, Event>> {
///         let fields = token.map(|token| ("authorization", format!("Bearer {token}")));
///         let caller = Caller(self.0.clone(), Credentials::from_fields(fields));
///         Box::pin(async { Ok(caller) })
///     }
/// }
///
/// struct Caller(memory::Client, Credentials);
///
/// impl Client for Caller {
///     fn call(&mut self, request: Request) -> BoxFuture<'_, Box<dyn Exchange>> {
///         Box::pin(async move {
///             let exchange = self.0.call(self.1.clone(), request).await;
///             Box::new(Waiting(Some(exchange))) as Box<dyn Exchange>
///         })
///     }
/// }
///
/// struct Waiting(Option<memory::Exchange>);
///
/// impl Exchange for Waiting {
///     fn next(&mut self) -> BoxFuture<'_, Event> {
///         Box::pin(async move {
///             let Some(exchange) = &mut self.0 else { return Event::Closed };
///             if let Some(note) = exchange.next_note().await {
///                 return Event::Note(note);
///             }
///             let Some(exchange) = self.0.take() else { return Event::Closed };
///             match exchange.reply().await {
///                 Ok(reply) => Event::Reply(reply.fields.to_object()),
///                 Err(memory::Failure::Error(error)) => Event::Error(error),
///                 Err(memory::Failure::Refused(outcome)) => {
///                     Event::Error(Error::new(outcome.code, outcome.message))
///                 }
///                 Err(_) => Event::Closed,
///             }
///         })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), contract::Broken> {
/// contract::transport(|auth| {
///     let (transport, client) = memory::pair();
///     (transport.auth(auth), Near(client))
/// })
/// .check()
/// .await
/// # }
/// ```
pub fn transport<F, T, D>(make: F) -> TransportContract<F>
where
    F: Fn(Arc<dyn Authenticate>) -> (T, D),
    T: Transport + 'static,
    D: Dial,
{
    TransportContract { make, notes: true }
}

/// The contract of a transport; begun by [`transport`].
///
/// | rule | what it forbids, for example |
/// |---|---|
/// | the service sees who the credentials name | the caller of another connection, or nobody |
/// | a refused request reaches nobody | serving first and refusing then |
/// | an authenticator that cannot decide lets nobody in | a panic that passes, its text on the wire |
/// | every request is judged by itself | an identity that is kept for the connection |
/// | an authenticator that takes its time holds up nobody else | judging where connections are accepted |
/// | notes come before the reply, in order, and none is lost | a full channel that drops |
/// | a slow reader slows its own call, and nobody else's | a channel without bound |
/// | calls at the same time do not mix | a reply to whoever waits |
/// | errors arrive as they are; a refusal by the service as a refusal | a result in their place |
/// | a panic is an error of its own call alone | a connection or a server that ends |
/// | a call that nobody waits for is dropped, and no other | a task that runs on |
/// | long calls are told of a shutdown | a context without an end |
/// | running calls finish, and then serving ends | cutting them off, or idle clients that hold it up |
/// | after the end nobody is served | a connection that lives on |
/// | bytes that are no message harm nobody | a parser that panics |
#[must_use = "nothing is checked before `check`"]
pub struct TransportContract<F> {
    make: F,
    notes: bool,
}

impl<F> TransportContract<F> {
    /// The same, for clients that take a reply and no notes. Notes have to go nowhere then, and
    /// must not keep the reply from coming.
    pub fn without_notes(self) -> Self {
        Self { notes: false, ..self }
    }

    /// Runs all checks.
    ///
    /// # Errors
    /// Everything that is broken, at once.
    pub async fn check<T, D>(self) -> Result<(), Broken>
    where
        F: Fn(Arc<dyn Authenticate>) -> (T, D),
        T: Transport + 'static,
        D: Dial,
    {
        let mut findings = Findings::default();
        rules::check(&self.make, self.notes, &mut findings).await;
        findings.verdict("the transport")
    }
}

impl<F> fmt::Debug for TransportContract<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportContract").field("notes", &self.notes).finish_non_exhaustive()
    }
}

/// Reaches the server of one transport that is, or will soon be, serving.
pub trait Dial: Send + Sync + 'static {
    /// What a connection is used by.
    type Client: Client;

    /// Connects a client whose requests come with a token, or with no credentials at all. It has to
    /// reach the authenticator as the field `authorization`, `Bearer <token>`.
    ///
    /// # Errors
    /// What the client heard in place of a connection: [`Event::Closed`], or a refusal where
    /// transports refuse that early.
    fn connect<'a>(&'a self, token: Option<&'a str>) -> BoxFuture<'a, Result<Self::Client, Event>>;

    /// Sends bytes that are no message, in every place where one could stand: framed as a message,
    /// and raw, as from a client that has lost its senses. Comes back once the server has answered,
    /// has closed, or was left alone. Does nothing unless written, for where there are no bytes.
    fn garble<'a>(&'a self, token: &'a str, bytes: &'a [u8]) -> BoxFuture<'a, ()> {
        let _ = (token, bytes);
        Box::pin(ready(()))
    }
}

/// One client on one connection.
pub trait Client: Send + 'static {
    /// Sends a request, at once and whole. The kit reads what comes back before it sends the next,
    /// so that one exchange at a time is enough.
    fn call(&mut self, request: Request) -> BoxFuture<'_, Box<dyn Exchange>>;
}

/// A request under way. Dropping it is how the client gives it up, by closing the connection where
/// there is no other way; the client is not used again then.
pub trait Exchange: Send + 'static {
    /// What the client hears next. Not asked again after a reply, an error or the end.
    fn next(&mut self) -> BoxFuture<'_, Event>;
}

/// What a client hears.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A note.
    Note(Note),
    /// The result: an object with at least the members that the service gave it.
    Reply(Json),
    /// An error with its code, message and data. Of a refusal, whoever refused: with the code that
    /// goes with it, [`code::REFUSED`](toolgate_core::protocol::code::REFUSED).
    Error(Error),
    /// The connection ended, or there was none.
    Closed,
}

#[cfg(test)]
mod tests;
