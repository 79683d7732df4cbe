//! Messages as lines, on standard input and output or on any other pair of streams (transports,
//! "stdio"), of revision 2026-07-28 and all before it, interleaved as they come.
//!
//! [`listen`] serves this process's own input and output. From then on nobody else has them: what
//! anything prints goes to standard error, and whoever reads finds nothing, child processes as well.
//! That is so on Unix; elsewhere nothing safe can redirect them, and tools must not print.
//!
//! The one caller is known by the environment, as `TOOLGATE_TOKEN`. A token that is refused refuses
//! to start; later every request is judged anew, so that a caller ends with the token. A line meets
//! these in order:
//!
//! | a line that | is answered with |
//! |---|---|
//! | is longer than a line may be | -32000 without id; the rest of it is skipped |
//! | is not UTF-8, or not JSON | -32700 without id |
//! | is no JSON-RPC message | -32600 |
//! | has the id of a request that still runs | -32600 |
//! | is one request too many | -32000 |
//! | comes from nobody, by now | -32000 |
//! | says too little of itself, in either era | -32602, -32022, or -32600 before a handshake |
//! | is a request | what the service says, its notes before its reply |
//! | is a notification, or an answer | nothing |
//!
//! A handshake of the old era holds for the process, and for requests that say nothing of
//! themselves; those of the modern era stand for themselves beside it. Its client is told of changes
//! once it is initialized, for as long as it is let in. A cancelled request is not answered. Nothing
//! grows with a client that does not read: notes and replies wait, and the tools with them, while
//! cancellations are still read.
//!
//! At the end of the input running calls may finish, within [`Limits::drain`].

mod builder;
mod engine;
mod evidence;
mod gate;
mod intake;
mod legacy;
mod limits;
mod lines;
mod message;
mod order;
mod outbox;
mod process;
mod settings;

pub use self::{
    builder::{Process, Stdio, StdioError, Streams, listen, over},
    limits::Limits,
};

#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(test)]
mod tests;
