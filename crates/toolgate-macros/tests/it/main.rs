//! The derives against a facade of few names: what they expand to compiles and behaves.
//!
//! This crate stands in for `toolgate`, so an expansion that reached for anything else than
//! the names of this file would not compile here.

extern crate self as toolgate;

use schemars::generate::SchemaSettings;
pub use {schemars, serde};

mod arguments;
mod output;
mod tool;

/// Writes down the builder calls.
#[derive(Debug, Default, PartialEq)]
pub struct ToolSpec {
    pub(crate) name: String,
    pub(crate) calls: Vec<String>,
}

/// What `derive(Tool)` implements.
pub trait Tool: serde::de::DeserializeOwned + schemars::JsonSchema + Send + 'static {
    /// The spec.
    fn spec() -> ToolSpec;
}

/// What `derive(Output)` implements.
pub trait Output: Sized {
    /// The schema of the result.
    fn schema() -> Option<schemars::Schema>;
    /// The result.
    ///
    /// # Errors
    /// When it cannot be written.
    fn into_result(self) -> Result<protocol::tool::CallToolResult>;
}

/// What `derive(Output)` hands over to.
#[derive(Debug)]
pub struct Json<T>(pub(crate) T);

/// What a tool returns.
pub type Result<T, E = serde_json::Error> = std::result::Result<T, E>;

/// Wire shapes.
pub mod protocol {
    /// Those of tools.
    pub mod tool {
        /// A result.
        #[derive(Debug, PartialEq)]
        pub struct CallToolResult(pub(crate) serde_json::Value);
    }
}

impl<T: serde::Serialize + schemars::JsonSchema> Output for Json<T> {
    fn schema() -> Option<schemars::Schema> {
        Some(
            SchemaSettings::draft2020_12()
                .for_serialize()
                .into_generator()
                .into_root_schema_for::<T>(),
        )
    }

    fn into_result(self) -> Result<protocol::tool::CallToolResult> {
        serde_json::to_value(self.0).map(protocol::tool::CallToolResult)
    }
}

impl ToolSpec {
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), calls: Vec::new() }
    }

    fn call(mut self, method: &str, argument: &dyn std::fmt::Debug) -> Self {
        self.calls.push(format!("{method}({argument:?})"));
        self
    }

    pub(crate) fn description(self, text: impl Into<String>) -> Self {
        self.call("description", &text.into())
    }

    pub(crate) fn title(self, text: impl Into<String>) -> Self {
        self.call("title", &text.into())
    }

    pub(crate) fn read_only(self, on: bool) -> Self {
        self.call("read_only", &on)
    }

    pub(crate) fn destructive(self, on: bool) -> Self {
        self.call("destructive", &on)
    }

    pub(crate) fn idempotent(self, on: bool) -> Self {
        self.call("idempotent", &on)
    }

    pub(crate) fn open_world(self, on: bool) -> Self {
        self.call("open_world", &on)
    }

    pub(crate) fn advertised(self, on: bool) -> Self {
        self.call("advertised", &on)
    }

    pub(crate) fn listed(self, on: bool) -> Self {
        self.call("listed", &on)
    }

    pub(crate) fn single_use(self, on: bool) -> Self {
        self.call("single_use", &on)
    }

    pub(crate) fn unasked_answers(self, on: bool) -> Self {
        self.call("unasked_answers", &on)
    }

    pub(crate) fn scopes<S: Into<String>>(self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.call("scopes", &scopes.into_iter().map(Into::into).collect::<Vec<String>>())
    }

    pub(crate) fn roles<S: Into<String>>(self, roles: impl IntoIterator<Item = S>) -> Self {
        self.call("roles", &roles.into_iter().map(Into::into).collect::<Vec<String>>())
    }

    pub(crate) fn guard(self, guard: impl Fn() -> bool) -> Self {
        self.call("guard", &guard())
    }

    pub(crate) fn timeout(self, timeout: std::time::Duration) -> Self {
        self.call("timeout", &timeout)
    }
}
