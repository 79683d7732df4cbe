//! The era before 2026-07-28, without IO: which era a message is in, what it asks in the terms of
//! this crate, how its answer is written, and the sessions it may belong to.
//!
//! A transport that serves the old era, too, asks [`classify`] first. A message of the old era is
//! [`read`] into a [`Turn`]; what is a call goes to the service like any other, with the
//! [`RequestMeta`](toolgate_protocol::RequestMeta) that its [`Conversation`] makes; the answer is
//! written by [`Wire`](crate::wire::Wire).

mod conversation;
mod era;
mod lowered;
mod memory;
mod session;
mod store;
mod turn;

pub use self::{
    conversation::Conversation,
    era::{Era, Signs, classify},
    lowered::Lowered,
    memory::MemorySessions,
    session::{Owner, SessionId, SessionRecord},
    store::{SessionStore, StoreError},
    turn::{Turn, introduced, introduction, read},
};
