//! The derive macros of `toolgate`: they only add impls, and expand to the calls you would type.
//!
//! Use them through the `toolgate` crate: every path they emit starts with `::toolgate::`, so a
//! crate that depends on `toolgate` alone needs neither `serde` nor `schemars` in its manifest.

mod attrs;
mod data;
mod docs;
mod dummy;
mod errors;
mod literal;
mod name;
mod shadow;
mod tool;

#[cfg(test)]
mod golden;

use proc_macro::TokenStream;

/// Makes a struct a tool: its fields are the arguments, its doc comment the description.
///
/// Adds `Deserialize`, `JsonSchema` and `Tool`, so do not derive the first two as well. The
/// `#[serde(..)]` and `#[schemars(..)]` attributes mean what they always mean. A unit struct is a
/// tool without arguments. Enums, tuple structs and generic structs are refused.
///
/// ```text
/// /// Delete a file from the workspace.
/// #[derive(Tool)]
/// #[tool(destructive, scopes("files:write"), timeout = "10s")]
/// struct DeleteFile {
///     /// Path relative to the root.
///     path: String,
/// }
/// ```
///
/// Each key of `#[tool(..)]` but `name` is a method of `ToolSpec` with the same name. A key may be given once,
/// also when there are several `#[tool(..)]` attributes.
///
/// | key | meaning |
/// |---|---|
/// | `name = ".."` | the tool's name; by default the type's name in snake case |
/// | `title = ".."` | a name for people |
/// | `read_only`, `destructive`, `idempotent`, `open_world` | hints to the client; also `= true`, `= false` |
/// | `scopes("a", "b")` | what the caller's token must grant, all of them (RFC 6749, section 3.3) |
/// | `roles("a", "b")` | the caller needs one of these roles |
/// | `guard = <expression>` | any other rule |
/// | `listed` | shown in lists also to callers who may not use it; also `= true`, `= false` |
/// | `advertised = false` | keeps its scopes out of the metadata document |
/// | `timeout = "10s"` | the longest a call may take; a whole number of `ms`, `s` or `m` |
/// | `single_use` | answers to what it asks count once; also `= true`, `= false` |
/// | `unasked_answers` | answers count before anything was asked; also `= true`, `= false` |
///
/// A name has 1 to 128 of the characters A-Z, a-z, 0-9, `_`, `-` and `.`; this is checked when the
/// crate is compiled, as are scopes and timeouts.
#[proc_macro_derive(Tool, attributes(tool, serde, schemars))]
pub fn derive_tool(input: TokenStream) -> TokenStream {
    tool::expand(input.into()).into()
}

/// Makes a struct or an enum usable inside a tool's arguments.
///
/// Adds `Deserialize` and `JsonSchema`; the doc comments become descriptions in the schema.
///
/// ```text
/// /// How the hits are sorted.
/// #[derive(Arguments)]
/// #[serde(rename_all = "snake_case")]
/// enum Order { Newest, Oldest }
/// ```
///
/// A type that is part of results as well derives serde's `Serialize` and not `Output`, since both
/// of our derives describe the type:
///
/// ```text
/// #[derive(Arguments, toolgate::serde::Serialize)]
/// #[serde(crate = "toolgate::serde")]
/// enum Status { Open, Closed }
/// ```
#[proc_macro_derive(Arguments, attributes(serde, schemars))]
pub fn derive_arguments(input: TokenStream) -> TokenStream {
    data::expand_arguments(input.into()).into()
}

/// Makes a struct or an enum the structured result of a tool.
///
/// Adds `Serialize`, `JsonSchema` and `Output`, so that a tool may return the type itself.
///
/// ```text
/// #[derive(Output)]
/// struct Deleted {
///     /// The size of the file that is gone, in bytes.
///     bytes: u64,
/// }
/// ```
#[proc_macro_derive(Output, attributes(serde, schemars))]
pub fn derive_output(input: TokenStream) -> TokenStream {
    data::expand_output(input.into()).into()
}
