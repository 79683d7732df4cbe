//! The era before 2026-07-28 over any transport: calls that ask their clients, and what these listen to.

mod dialogue;
mod listen;
mod open;

pub(crate) use self::{
    dialogue::{Asks, Farewell, Frame, Side, Voice, Word, converse},
    listen::{Listen, TooMuch, room},
    open::OpenQuestions,
};
