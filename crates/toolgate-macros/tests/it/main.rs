//! The derives against a facade of few names: what they expand to compiles and behaves.
//!
//! This crate stands in for `toolgate`, so an expansion that reached for anything else than
//! the names of this file would not compile here.

extern crate self as toolgate;

use schemars::generate::SchemaSettings;
pub use {schemars, serde};

mod arguments;
mod builders;
mod output;
mod prompt;
mod resource;
mod tool;

pub use builders::{PromptSpec, ResourceSpec, ToolSpec};

/// What `derive(Tool)` implements.
pub trait Tool: serde::de::DeserializeOwned + schemars::JsonSchema + Send + 'static {
    /// The spec.
    fn spec() -> ToolSpec;
}

/// What `derive(Resource)` implements.
pub trait Resource: serde::de::DeserializeOwned + Send + 'static {
    /// The spec.
    fn spec() -> ResourceSpec;
}

/// What `derive(Prompt)` implements.
pub trait Prompt: serde::de::DeserializeOwned + schemars::JsonSchema + Send + 'static {
    /// The spec.
    fn spec() -> PromptSpec;
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
