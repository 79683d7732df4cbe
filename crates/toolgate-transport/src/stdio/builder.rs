//! Setting up: this process's streams or any others, who judges the caller, and the bounds.

use std::{fmt, io, sync::Arc};

use tokio::io::{AsyncRead, AsyncWrite};
use toolgate_core::{
    Authenticate, Credentials, Revocations, Service, Shutdown, StartError, Transport, env::Env,
};

use super::{
    engine::{self, Ends},
    limits::Limits,
    process,
    settings::Settings,
};
use crate::signals::Signals;

/// Lines, being set up. What is set in code wins over the environment, and that over defaults.
pub struct Stdio<E> {
    settings: Settings,
    ends: E,
}

/// Standard input and output of this process.
#[derive(Debug)]
#[non_exhaustive]
pub struct Process;

/// Any other pair of streams.
pub struct Streams<R, W> {
    reader: R,
    writer: W,
}

/// Standard input and output of this process, set up from the environment wherever code says
/// nothing. Needs a tokio runtime with IO and time. A process serves them once.
///
/// ```no_run
/// # async fn run(server: std::sync::Arc<dyn toolgate_core::Service>,
/// #     authenticator: impl toolgate_core::Authenticate) -> Result<(), Box<dyn std::error::Error>> {
/// use toolgate_core::{Shutdown, Transport};
/// use toolgate_transport::stdio;
///
/// stdio::listen().auth(authenticator).serve(server, Shutdown::never()).await?;
/// # Ok(()) }
/// ```
pub fn listen() -> Stdio<Process> {
    Stdio { settings: Settings::default(), ends: Process }.env()
}

/// One conversation over any pair of streams: a socket's halves, a child's pipes, a test's. Knows
/// nothing of the environment unless told to, and no signals.
///
/// ```no_run
/// # async fn run(server: std::sync::Arc<dyn toolgate_core::Service>,
/// #     socket: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
/// #     authenticator: impl toolgate_core::Authenticate) -> Result<(), Box<dyn std::error::Error>> {
/// use toolgate_core::{Credentials, Shutdown, Transport};
/// use toolgate_transport::stdio;
///
/// let (reader, writer) = tokio::io::split(socket);
/// let credentials = Credentials::from_fields([("authorization", "Bearer abc")]);
/// let lines = stdio::over(reader, writer).credentials(credentials).auth(authenticator);
/// lines.serve(server, Shutdown::never()).await?;
/// # Ok(()) }
/// ```
pub fn over<R, W>(reader: R, writer: W) -> Stdio<Streams<R, W>>
where
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    Stdio { settings: Settings::default(), ends: Streams { reader, writer } }
}

impl<E> Stdio<E> {
    /// Judges the caller, before anything is served and then on every request. Without this only a
    /// server that was built open is served.
    #[must_use]
    pub fn auth(mut self, authenticator: impl Authenticate) -> Self {
        self.settings.auth = Some(Arc::new(authenticator));
        self
    }

    /// Asks on every request whether the caller was shut out, and while something is listened to.
    #[must_use]
    pub fn revocations(mut self, revocations: impl Revocations) -> Self {
        self.settings.revocations = Some(Arc::new(revocations));
        self
    }

    /// What is judged, in place of the environment's `TOOLGATE_TOKEN` as bearer token.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.settings.credentials = Some(credentials);
        self
    }

    /// The URL that the caller's token is for, in full: this server's resource identifier (RFC
    /// 8707). `TOOLGATE_PUBLIC_URL`.
    #[must_use]
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.settings.public_url = Some(url.into());
        self
    }

    /// Bounds on what the client may use.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// Takes what is not set in code from the environment of this process.
    #[must_use]
    pub fn env(self) -> Self {
        self.env_from(Env::process())
    }

    /// Takes what is not set in code from an environment.
    #[must_use]
    pub fn env_from(mut self, env: Env) -> Self {
        self.settings.env = Some(env);
        self
    }
}

impl Transport for Stdio<Process> {
    type Error = StdioError;

    /// Serves until the input ends or nobody reads the output any more, or until it is told to stop,
    /// by `until` or by a signal. Then long requests are told to end, and calls finish within
    /// [`Limits::drain`]. A second signal ends them at once.
    ///
    /// # Errors
    /// When settings contradict each other, the caller is refused, or a stream breaks.
    async fn serve(self, service: Arc<dyn Service>, until: Shutdown) -> Result<(), StdioError> {
        // Before anything runs that could print.
        let (input, output) = process::take().map_err(StdioError::taking)?;
        let setup = self.settings.settle(&*service)?;
        let ends = Ends { until, signals: Signals::of_process() };
        engine::run(service, setup, (input, output), ends).await
    }
}

impl<R, W> Transport for Stdio<Streams<R, W>>
where
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    type Error = StdioError;

    /// As for [`Process`], without signals.
    ///
    /// # Errors
    /// As for [`Process`].
    async fn serve(self, service: Arc<dyn Service>, until: Shutdown) -> Result<(), StdioError> {
        let setup = self.settings.settle(&*service)?;
        let Streams { reader, writer } = self.ends;
        let ends = Ends { until, signals: Signals::none() };
        engine::run(service, setup, (reader, writer), ends).await
    }
}

/// Why nothing is served, or not any more.
#[derive(Debug)]
#[non_exhaustive]
pub enum StdioError {
    /// Settings contradict each other, or the caller is refused.
    Start(StartError),
    /// A stream broke, or cannot be had.
    Io {
        /// What could not be done.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

impl StdioError {
    fn taking(source: io::Error) -> Self {
        Self::Io { what: "standard input and output cannot be taken", source }
    }

    pub(crate) fn reading(source: io::Error) -> Self {
        Self::Io { what: "the input cannot be read", source }
    }

    pub(crate) fn writing(source: io::Error) -> Self {
        Self::Io { what: "the output cannot be written", source }
    }
}

impl From<StartError> for StdioError {
    fn from(error: StartError) -> Self {
        Self::Start(error)
    }
}

impl fmt::Display for StdioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(error) => error.fmt(f),
            Self::Io { what, .. } => f.write_str(what),
        }
    }
}

impl std::error::Error for StdioError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Start(_) => None,
            Self::Io { source, .. } => Some(source),
        }
    }
}

impl<E> fmt::Debug for Stdio<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stdio").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl<R, W> fmt::Debug for Streams<R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Streams")
    }
}
