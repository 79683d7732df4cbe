//! The server framework of toolgate: tools, resources, prompts, guards and schemas behind any
//! transport.
//!
//! A [`Server`] is built from tools, resources and prompts, and served by a transport. It knows neither sockets nor HTTP
//! nor sessions, and trusts no transport: a request whose [`Caller`](toolgate_core::Caller) is
//! `Open` is refused unless the server was built [`open`](Server::open), and every decision about
//! an item, for lists and for use, passes [`access::decide`].

pub mod access;
pub mod completion;
pub mod guard;
pub mod layer;
pub mod policy;
pub mod prompt;
pub mod resource;
pub mod tool;

mod app;
mod ask;
mod audit;
mod capability;
mod catalog;
mod failure;
mod handle;
mod incident;
mod items;
#[cfg(test)]
#[path = "../../toolgate-testkit/src/kept.rs"]
mod kept;
mod listen;
mod live;
mod page;
mod rules;
mod seal;
mod server;
mod shared;
mod shelf;
mod spec;
mod text;

pub use self::{
    access::{Access, Act, Ask, Decision, Item},
    ask::{
        Append, AskPolicy, Asking, Elicited, Form, Page, Question, Questions, Roots, Sample,
        Sampling, Sheet, form,
    },
    audit::Traced,
    completion::Typed,
    failure::{Result, ToolError},
    guard::{Guard, acr, max_age, role, scope, when},
    layer::{Answer, Inner, Outer, Passed, Passing, Work},
    live::Live,
    policy::Policy,
    prompt::{IntoMessages, Prompt, PromptSpec, Render},
    resource::{IntoContents, Read, Resource, ResourceSpec, SafePath},
    seal::{BadKey, SealKey},
    server::{ServeError, Server},
    tool::{Json, Output, Run, RunBlocking, Tool, ToolSpec},
};

#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(test)]
mod tests;
