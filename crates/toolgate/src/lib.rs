#![doc = include_str!("../README.md")]

pub use schemars;
pub use serde;

pub use toolgate_auth as auth;
#[cfg(feature = "macros")]
pub use toolgate_macros::{Arguments, Output, Prompt, Resource, Tool};
pub use toolgate_server::{
    Act, Answer, Ask, Asking, Decision, Elicited, Form, Guard, Inner, IntoContents, IntoMessages,
    Json, Live, Outer, Output, Passed, Passing, Policy, Prompt, PromptSpec, Questions, Read,
    Render, Resource, ResourceSpec, Result, Run, RunBlocking, SafePath, Sampling, SealKey,
    ServeError, Server, Tool, ToolError, ToolSpec, Traced, Typed, Work, acr, form, max_age, role,
    scope, when,
};
#[cfg(feature = "http")]
pub use toolgate_transport::http;
#[cfg(feature = "stdio")]
pub use toolgate_transport::stdio;

pub use toolgate_core::{
    self as core, Authenticate, Caller, Context, Credentials, Identity, Key, Refusal, Scopes,
    Service, Shutdown, StartError, Transport, Verdict,
};
pub use toolgate_protocol::{
    self as protocol, Content,
    icon::Icon,
    prompt::{GetPromptResult, PromptMessage},
    resource::Contents,
};
pub use toolgate_server as server;
#[cfg(any(feature = "http", feature = "stdio"))]
pub use toolgate_transport as transport;

/// What most programs need.
pub mod prelude {
    #[cfg(feature = "api-keys")]
    pub use crate::auth::{ApiKey, api_keys};
    #[cfg(feature = "jwt")]
    pub use crate::auth::{Exchanging, jwt};
    #[cfg(feature = "http")]
    pub use crate::http;
    #[cfg(feature = "stdio")]
    pub use crate::stdio;
    #[cfg(feature = "macros")]
    pub use crate::{Arguments, Output, Prompt, Resource, Tool};
    pub use crate::{
        Asking, Content, Contents, Context, Elicited, Json, PromptMessage, PromptSpec, Questions,
        Read, Render, ResourceSpec, Result, Run, RunBlocking, SafePath, Sampling, ServeError,
        Server, ToolError, ToolSpec, Typed, acr,
        auth::{auth_fn, chain},
        max_age, role, scope, when,
    };
}

/// The programs of that page, run as tests: it is no part of the crate.
#[cfg(all(doctest, feature = "http", feature = "jwt"))]
#[doc = include_str!("../../../docs/PROVIDERS.md")]
mod providers {}
