//! Layers: code of an author's around what the server does, in two places.
//!
//! An [`Outer`] layer is around every request, before anything of it is decided. It sees requests of
//! all callers and for all items, so it cannot answer: what it gives back can only come from
//! [`Passing::next`]. It measures, logs and refuses.
//!
//! An [`Inner`] layer is around the work of one item, for a caller who may use it. It may answer in
//! its place and change what it answered. It keeps, redacts and asks for consent.
//!
//! ```
//! use std::time::Instant;
//! use toolgate_server::{Passing, Server, Work};
//!
//! let server = Server::new("notes", "1.0.0")
//!     .outer(|passing: Passing| async move {
//!         let (method, begun) = (passing.request().method.clone(), Instant::now());
//!         let passed = passing.next().await;
//!         println!("{method} took {:?}, {}", begun.elapsed(), passed.outcome().is_ok());
//!         passed
//!     })
//!     .inner(|work: Work| async move {
//!         let mut answer = work.next().await?;
//!         answer.edit_texts(|text| *text = text.replace("s3cr3t", "***"))?;
//!         Ok(answer)
//!     });
//! ```
//!
//! The first layer that was added is outermost. All are there before serving begins, around items
//! that are added later too. A panic in one is contained as in a handler. Where there are none, they
//! cost nothing.

mod answer;
pub(crate) mod inner;
pub(crate) mod outer;

pub use self::{
    answer::Answer,
    inner::{Inner, Work},
    outer::{Outer, Passed, Passing},
};

/// The layers of a server, outermost first.
#[derive(Default)]
pub(crate) struct Layers {
    pub(crate) outer: Vec<outer::Layer>,
    pub(crate) inner: Vec<inner::Layer>,
}
