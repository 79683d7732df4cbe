//! Streamable HTTP (transports, "Streamable HTTP"), revision 2026-07-28 and all before it.
//!
//! A service first: [`service`] makes one to mount in any tower or hyper server, and [`bind`] is a
//! listener that runs the same. One request goes through these in order, and each may turn it away:
//!
//! | step | refusal |
//! |---|---|
//! | size of the head | 431 |
//! | `Host` is ours, against DNS rebinding | 403 |
//! | `Origin` is ours or allowed | 403 |
//! | a preflight of an allowed page | (204) |
//! | who asks, from the head alone | 401, 400, 403, 503, 500; 429 where an address fails often |
//! | whether they were shut out since | 401, 503, 500; 429 likewise |
//! | how often they ask | 429 |
//! | POST, of JSON, for JSON or events; GET and DELETE in a session | 405, 415, 406 |
//! | calls of this caller | 429 |
//! | the body, in bytes and time | 413, 408 |
//! | one JSON-RPC message, with its metadata | 400 |
//! | modern: headers say what the body says, in a revision that is served | 400 |
//! | before: the session is there and is the caller's | 400, 404, 503 |
//! | modern: headers that the tool wants, for those who may use it | 400 |
//! | the service | [`refused`](toolgate_core::refused), 404, 400; otherwise 200 |
//!
//! An error that is an application's answer is 200, as is a call that ran out of time; a panic is
//! 500 with an id that the log has too. Until the first note or keep-alive went out a failure may
//! choose its status, so notes that nobody saw are dropped in its favour; before a reply they never
//! are. A client that goes away cancels its call, but for one of an earlier revision that can come
//! back for it: it has a session, and events are kept. To clients of earlier revisions every error that is
//! not a refusal is 200, as those revisions have it.

mod about;
mod answer;
mod body;
mod builder;
mod certificate;
mod cors;
mod evidence;
mod legacy;
mod limits;
mod listener;
mod service;

mod accept;
mod activity;
mod admission;
mod conn;
mod decimal;
mod discard;
mod documents;
mod door;
mod endpoint;
mod failure;
mod handover;
mod host;
mod list;
mod lookup;
mod message;
mod metadata;
mod mirror;
mod places;
mod proxies;
mod rate;
mod read;
mod refuse;
mod reply;
mod sentinel;
mod settings;
mod shape;
mod shown;
mod site;
mod sse;
mod throttle;
#[cfg(feature = "tls")]
mod tls;
mod url;

#[cfg(feature = "tls")]
pub use self::tls::{Reload, Tls};
pub use self::{
    about::About,
    body::Body,
    builder::{Danger, Http, Listen, Mounted, bind, listen, service},
    certificate::CertificateHeader,
    cors::Cors,
    evidence::Peer,
    limits::Limits,
    listener::{ListenError, Listening},
    rate::Rate,
    service::McpService,
};

#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(test)]
mod tests;
