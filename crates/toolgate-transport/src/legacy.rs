//! The era before 2026-07-28 over any transport: calls that ask their clients.

mod dialogue;
mod open;

pub(crate) use self::{
    dialogue::{Asks, Farewell, Frame, Side, Times, Voice, Word, converse},
    open::OpenQuestions,
};
