//! The builder of a server.

mod asking;
mod deciding;
mod kinds;
mod layers;

use std::{error::Error as StdError, fmt, future::Future, sync::Arc, thread};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use toolgate_core::{
    BoxError, Context, IntoService, PrincipalType, Scopes, Service, Shutdown, StartError,
    Transport,
    bus::{Bus, Change},
    protocol::{discover::Implementation, icon::Icon},
};

use crate::{
    app::App,
    ask::{desk::Desk, settings::Settings},
    failure::Result,
    layer::{Layers, inner::Inners, outer::Layered},
    live::Live,
    page::Pager,
    rules::{Declared, Rules},
    shared::Shared,
    shelf::{Facts, Shelf, Stock},
    tool::{
        Run, RunBlocking, ToolSpec,
        entry::{Made, ToolEntry},
        output::Output,
    },
};

/// A server in the making. `S` is the state that its tools share.
///
/// ```
/// use serde::Deserialize;
/// use schemars::JsonSchema;
/// use toolgate_server::{Server, ToolSpec};
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Add { a: i64, b: i64 }
///
/// let server = Server::new("calc", "1.0.0")
///     .tool_fn(ToolSpec::new("add"), |add: Add, _cx| async move { Ok(add.a + add.b) });
/// ```
pub struct Server<S = ()> {
    about: Implementation,
    instructions: Option<String>,
    required: Scopes,
    open: bool,
    principals: Vec<PrincipalType>,
    stock: Arc<Stock>,
    shared: Shared<S>,
    pub(crate) asking: Settings,
    pub(crate) layers: Layers,
    pub(crate) declared: Declared,
    page_size: Option<usize>,
    problems: Vec<String>,
}

impl Server {
    /// A server by name and version, without tools or state.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        // Twice the cores: work that blocks is seldom work that computes.
        let room = 2 * thread::available_parallelism().map_or(1, usize::from);
        let about = Implementation::new(name, version);
        Self {
            stock: Arc::new(Stock::new(&about)),
            about,
            instructions: None,
            required: Scopes::none(),
            open: false,
            principals: Vec::new(),
            shared: Shared { state: Arc::new(()), room: Arc::new(Semaphore::new(room)) },
            asking: Settings::default(),
            layers: Layers::default(),
            declared: Declared::default(),
            page_size: None,
            problems: Vec::new(),
        }
    }
}

impl<S: Send + Sync + 'static> Server<S> {
    /// The state of the tools that are added after it.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(self, state: T) -> Server<T> {
        Server {
            about: self.about,
            instructions: self.instructions,
            required: self.required,
            open: self.open,
            principals: self.principals,
            stock: self.stock,
            shared: Shared { state: Arc::new(state), room: self.shared.room },
            asking: self.asking,
            layers: self.layers,
            declared: self.declared,
            page_size: self.page_size,
            problems: self.problems,
        }
    }

    /// A name for people.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.about.title = Some(title.into());
        self
    }

    /// What the server is for, for people.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.about.description = Some(description.into());
        self
    }

    /// Where people read more of it, an `https:` URL.
    #[must_use]
    pub fn website(mut self, url: impl Into<String>) -> Self {
        self.about.website_url = Some(url.into());
        self
    }

    /// One more picture of it, at an `https:` or a `data:` URI.
    #[must_use]
    pub fn icon(mut self, icon: impl Into<Icon>) -> Self {
        self.about.icons.push(icon.into());
        self
    }

    /// Guidance for the model; should not repeat what tools say of themselves.
    #[must_use]
    pub fn instructions(self, instructions: impl Into<String>) -> Self {
        Self { instructions: Some(instructions.into()), ..self }
    }

    /// Scopes that every request needs: named in each 401, 403 where missing.
    #[must_use]
    pub fn required_scopes(self, scopes: impl Into<Scopes>) -> Self {
        Self { required: scopes.into(), ..self }
    }

    /// Serves callers without identity. Nothing may be guarded then, unless somebody authenticates.
    #[must_use]
    pub fn open(self) -> Self {
        Self { open: true, ..self }
    }

    /// Says that tools need a `T` of the caller, so that an authenticator that makes none is found
    /// before serving.
    #[must_use]
    pub fn principal<T: Send + Sync + 'static>(mut self) -> Self {
        self.principals.push(PrincipalType::of::<T>());
        self
    }

    /// How many blocking tools run at a time; twice the number of cores by default. For the tools
    /// that are added after it.
    #[must_use]
    pub fn blocking_tools(mut self, at_a_time: usize) -> Self {
        self.shared.room = Arc::new(Semaphore::new(at_a_time.max(1)));
        self
    }

    /// How many items a page of a list has, for lists of all kinds; without it each list is one page.
    ///
    /// The way to the next page is sealed with the [keys](Self::seal_keys) of the server, and leads
    /// nowhere once the list is another one.
    #[must_use]
    pub fn page_size(self, items: usize) -> Self {
        Self { page_size: Some(items), ..self }
    }

    /// Adds a tool that is a type.
    #[must_use]
    pub fn tool<T: Run<S>>(self) -> Self {
        let made = ToolEntry::of_type::<T, S>(&self.shared);
        self.add_tool(made)
    }

    /// Adds a tool that is a closure.
    #[must_use]
    pub fn tool_fn<A, F, R, O>(self, spec: ToolSpec, run: F) -> Self
    where
        A: DeserializeOwned + JsonSchema + Send + 'static,
        F: Fn(A, Context) -> R + Send + Sync + 'static,
        R: Future<Output = Result<O>> + Send + 'static,
        O: Output,
    {
        let made = ToolEntry::of_closure(spec, run, &self.shared);
        self.add_tool(made)
    }

    /// Adds a tool that is a type and blocks its thread.
    #[must_use]
    pub fn blocking_tool<T: RunBlocking<S>>(self) -> Self {
        let made = ToolEntry::of_blocking_type::<T, S>(&self.shared);
        self.add_tool(made)
    }

    /// Adds a tool that is a closure and blocks its thread.
    #[must_use]
    pub fn blocking_tool_fn<A, F, O>(self, spec: ToolSpec, run: F) -> Self
    where
        A: DeserializeOwned + JsonSchema + Send + 'static,
        F: Fn(A, Context) -> Result<O> + Send + Sync + 'static,
        O: Output,
    {
        let made = ToolEntry::of_blocking_closure(spec, run, &self.shared);
        self.add_tool(made)
    }

    fn add_tool(mut self, made: Made) -> Self {
        let added = made.and_then(|tool| {
            let add = |shelf: &mut Shelf| shelf.items.tools.add(tool).map_err(|taken| vec![taken]);
            self.stock.change(Change::Tools, add)
        });
        self.problems.extend(added.err().into_iter().flatten());
        self
    }

    /// A way to change what is served while it is served. Having asked for one, the server says
    /// that its lists may change, and clients may watch them.
    pub fn live(&self) -> Live<S> {
        self.stock.enliven();
        Live { stock: self.stock.clone(), shared: self.shared.clone() }
    }

    /// Tells other processes of this server of changes, and is told of theirs.
    #[must_use]
    pub fn bus(self, bus: impl Bus) -> Self {
        self.stock.enliven();
        self.stock.teller.set_bus(Box::new(bus));
        self
    }

    /// Serves until the transport is told to stop.
    ///
    /// # Errors
    /// When settings contradict each other, or the transport fails.
    pub async fn serve<T: Transport>(self, transport: T) -> Result<(), ServeError> {
        let service = self.into_service()?;
        let served = transport.serve(service, Shutdown::never()).await;
        served.map_err(|error| ServeError(Box::new(error)))
    }
}

impl<S: Send + Sync + 'static> IntoService for Server<S> {
    fn into_service(mut self) -> Result<Arc<dyn Service>, StartError> {
        if !self.required.are_valid() {
            self.problems.push("`required_scopes` holds what is no scope-token of RFC 6749".into());
        }
        if !self.about.icons.iter().all(Icon::is_loadable) {
            self.problems.push("an icon of the server is no https: or data: URI".into());
        }
        if self.open && !self.required.is_empty() {
            self.problems.push("`open` and `required_scopes` contradict each other".into());
        }
        if self.page_size == Some(0) {
            self.problems.push("`page_size` is 0".into());
        }
        let rules = std::mem::take(&mut self.declared).rules();
        let rules = Arc::new(rules.unwrap_or_else(|problems| {
            self.problems.extend(problems);
            Rules::default()
        }));
        StartError::check(std::mem::take(&mut self.problems))?;
        let sealer = Arc::new(self.asking.sealer()?);
        let pager = self.page_size.map(|size| Pager::new(size, sealer.clone()));
        let desk = Arc::new(Desk::new(sealer, self.asking)?);
        let Self { about, instructions, required, open, principals, layers, .. } = self;
        self.stock.open(Facts { about, instructions, required, rules, open, principals })?;
        let app =
            Arc::new(App { stock: self.stock, desk, inner: Inners::new(layers.inner), pager });
        if layers.outer.is_empty() {
            return Ok(app);
        }
        Ok(Arc::new(Layered { layers: layers.outer.into(), app }))
    }
}

impl<S> fmt::Debug for Server<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("about", &self.about).finish_non_exhaustive()
    }
}

/// Why serving ended badly. `main` may return it: `Debug` is meant to be read.
pub struct ServeError(BoxError);

impl From<StartError> for ServeError {
    fn from(error: StartError) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl StdError for ServeError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}
