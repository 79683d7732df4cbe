//! The era before 2026-07-28, without IO: which era a message is in, what it asks in the terms of
//! this crate, how its answer is written, what it may ask its client meanwhile, the sessions it may
//! belong to, and the streams of those.
//!
//! A transport that serves the old era, too, asks [`classify`] first. A message of the old era is
//! [`read`] into a [`Turn`]; what is a call goes to the service like any other, with the
//! [`RequestMeta`](toolgate_protocol::RequestMeta) that its [`Conversation`] makes; the answer is
//! written by [`Wire`](crate::wire::Wire).

mod asking;
mod conversation;
mod era;
mod events;
mod lowered;
mod memory;
mod recall;
mod session;
mod store;
mod stream;
mod turn;
mod watch;

pub use self::{
    asking::{Asking, Question, may_ask},
    conversation::Conversation,
    era::{Era, Signs, classify},
    events::EventStore,
    lowered::Lowered,
    memory::MemorySessions,
    recall::MemoryEvents,
    session::{Owner, SessionId, SessionRecord},
    store::{SessionStore, StoreError},
    stream::{EventId, Replay, SessionKey, StreamId, StreamKind},
    turn::{Turn, introduced, introduction, read},
    watch::{Heard, Watch, heard, updated},
};
