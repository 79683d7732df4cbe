//! `derive(Tool)`: what it reads.

use crate::kind::{self, Form, Kind};
use crate::name;

/// The keys of `#[tool(..)]`, and what a tool is.
pub(crate) const KIND: Kind = Kind {
    noun: "tool",
    interface: "Tool",
    fields: "arguments",
    single: "schema",
    has_schema: true,
    name: name::tool,
    keys: &[
        kind::NAME,
        kind::TITLE,
        ("read_only", Form::Switch),
        ("destructive", Form::Switch),
        ("idempotent", Form::Switch),
        ("open_world", Form::Switch),
        ("recursive", Form::Switch),
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
    field_keys: &[],
    check: |_, _, _| {},
};
