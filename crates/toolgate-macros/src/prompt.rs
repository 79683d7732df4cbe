//! `derive(Prompt)`: what it reads.

use crate::kind::{self, Kind};
use crate::name;

/// The keys of `#[prompt(..)]`, and what a prompt is.
pub(crate) const KIND: Kind = Kind {
    noun: "prompt",
    interface: "Prompt",
    fields: "arguments",
    single: "list of arguments",
    has_schema: true,
    name: name::prompt,
    keys: &[
        kind::NAME,
        kind::TITLE,
        kind::SCOPES,
        kind::ROLES,
        kind::GUARD,
        kind::MAX_AGE,
        kind::ACR,
        kind::LISTED,
        kind::ADVERTISED,
        kind::TIMEOUT,
        kind::SINGLE_USE,
        kind::UNASKED_ANSWERS,
        kind::ICON,
    ],
    field_keys: &[kind::COMPLETE],
    check: |_, _, _| {},
};
