//! The derive macros of `toolgate`: they only add impls, and expand to the calls you would type.
//!
//! Use them through the `toolgate` crate: every path they emit starts with `::toolgate::`, so a
//! crate that depends on `toolgate` alone needs neither `serde` nor `schemars` in its manifest.

mod attrs;
mod data;
mod docs;
mod dummy;
mod errors;
mod foreign;
mod item;
mod kind;
mod literal;
mod name;
mod prompt;
mod resource;
mod shadow;
mod template;
mod tool;
mod uri;

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
/// | `recursive` | its schemas may contain themselves, which not every client takes |
/// | `scopes("a", "b")` | what the caller's token must grant, all of them (RFC 6749, section 3.3) |
/// | `roles("a", "b")` | the caller needs one of these roles |
/// | `guard = <expression>` | any other rule |
/// | `max_age = "15m"` | how long ago the user may have logged in; a whole number of `s`, `m`, `h` or `d` (RFC 9470) |
/// | `acr("a", "b")` | how the user has to have logged in, one of these (RFC 9470) |
/// | `listed` | shown in lists also to callers who may not use it; also `= true`, `= false` |
/// | `advertised = false` | keeps its scopes out of the metadata document |
/// | `timeout = "10s"` | the longest a call may take; a whole number of `ms`, `s` or `m` |
/// | `single_use` | answers to what it asks count once; also `= true`, `= false` |
/// | `unasked_answers` | answers count before anything was asked; also `= true`, `= false` |
/// | `icon = "https://.."` | a picture for clients to show; an `https:` or `data:` URI |
///
/// A name has 1 to 128 of the characters A-Z, a-z, 0-9, `_`, `-` and `.`; this is checked when the
/// crate is compiled, as are scopes, times and icons.
#[proc_macro_derive(Tool, attributes(tool, serde, schemars))]
pub fn derive_tool(input: TokenStream) -> TokenStream {
    item::expand(input.into(), &tool::KIND).into()
}

/// Makes a struct a resource, or a template of resources: its fields are the variables of the URI,
/// its doc comment the description.
///
/// Adds `Deserialize` and `Resource`, so do not derive the first as well. A struct without fields
/// is one resource; a struct with fields is a template (RFC 6570), and each of its variables is a
/// field, each field a variable. A variable is of any type that serde reads from a text: a number,
/// an enum, or `Vec<String>` for the segments of `{/path*}`; one of the query (`{?rev}`) may be left out, so its
/// type is an `Option` or has `#[serde(default)]`. Enums, tuple structs and generic structs are
/// refused, and so is what makes serde read other names than those of the fields, such as `rename`.
///
/// ```text
/// /// The weather of a day.
/// #[derive(Resource)]
/// #[resource(uri = "weather://{city}/{day}", mime_type = "application/json")]
/// struct Weather {
///     #[resource(complete = cities)]
///     city: String,
///     day: Day,
/// }
/// ```
///
/// Each key of `#[resource(..)]` but `uri` is a method of `ResourceSpec` with the same name. A key may be given once, also when there are several `#[resource(..)]` attributes.
///
/// | key | meaning |
/// |---|---|
/// | `uri = ".."` | the URI, with variables as `{a}`, `{+a}`, `{#a}`, `{.a}`, `{/a}`, `{/a*}`, `{?a,b}` or `{&a,b}`; needed |
/// | `name = ".."` | the resource's name; by default the type's name in snake case |
/// | `title = ".."` | a name for people |
/// | `mime_type = "text/markdown"` | the media type of what is read |
/// | `size = 1024` | how large it is, in bytes; not for templates |
/// | `scopes("a", "b")` | what the caller's token must grant, all of them (RFC 6749, section 3.3) |
/// | `roles("a", "b")` | the caller needs one of these roles |
/// | `guard = <expression>` | any other rule |
/// | `max_age = "15m"` | how long ago the user may have logged in; a whole number of `s`, `m`, `h` or `d` (RFC 9470) |
/// | `acr("a", "b")` | how the user has to have logged in, one of these (RFC 9470) |
/// | `listed` | shown in lists also to callers who may not read it; also `= true`, `= false` |
/// | `advertised = false` | keeps its scopes out of the metadata document |
/// | `timeout = "10s"` | the longest a read may take; a whole number of `ms`, `s` or `m` |
/// | `single_use` | answers to what it asks count once; also `= true`, `= false` |
/// | `unasked_answers` | answers count before anything was asked; also `= true`, `= false` |
/// | `icon = "https://.."` | a picture for clients to show; an `https:` or `data:` URI |
///
/// | key on a field | meaning |
/// |---|---|
/// | `complete = <function>` | proposes values while somebody types |
///
/// The template is checked when the crate is compiled, as the server reads it: two variables have
/// something between them, and of those that may take in a `/` (`{+a}`, `{#a}`, `{/a*}`) there is one, the
/// last before the query. A URI starts with a scheme (RFC 3986, section 3.1).
#[proc_macro_derive(Resource, attributes(resource, serde))]
pub fn derive_resource(input: TokenStream) -> TokenStream {
    item::expand(input.into(), &resource::KIND).into()
}

/// Makes a struct a prompt: its fields are the arguments, its doc comment the description.
///
/// Adds `Deserialize`, `JsonSchema` and `Prompt`, so do not derive the first two as well. The
/// `#[serde(..)]` and `#[schemars(..)]` attributes mean what they always mean, and the doc comment
/// of a field describes the argument. Arguments arrive as texts: a field is of any type that serde
/// reads from one. A unit struct is a prompt without arguments. Enums, tuple structs and generic
/// structs are refused.
///
/// ```text
/// /// Review a change.
/// #[derive(Prompt)]
/// #[prompt(title = "Review", scopes("code:read"))]
/// struct Review {
///     /// The language that the change is written in.
///     #[prompt(complete = languages)]
///     language: String,
///     diff: String,
/// }
/// ```
///
/// Each key of `#[prompt(..)]` but `name` is a method of `PromptSpec` with the same name. A key may
/// be given once, also when there are several `#[prompt(..)]` attributes.
///
/// | key | meaning |
/// |---|---|
/// | `name = ".."` | the prompt's name; by default the type's name in snake case |
/// | `title = ".."` | a name for people |
/// | `scopes("a", "b")` | what the caller's token must grant, all of them (RFC 6749, section 3.3) |
/// | `roles("a", "b")` | the caller needs one of these roles |
/// | `guard = <expression>` | any other rule |
/// | `max_age = "15m"` | how long ago the user may have logged in; a whole number of `s`, `m`, `h` or `d` (RFC 9470) |
/// | `acr("a", "b")` | how the user has to have logged in, one of these (RFC 9470) |
/// | `listed` | shown in lists also to callers who may not use it; also `= true`, `= false` |
/// | `advertised = false` | keeps its scopes out of the metadata document |
/// | `timeout = "10s"` | the longest it may take; a whole number of `ms`, `s` or `m` |
/// | `single_use` | answers to what it asks count once; also `= true`, `= false` |
/// | `unasked_answers` | answers count before anything was asked; also `= true`, `= false` |
/// | `icon = "https://.."` | a picture for clients to show; an `https:` or `data:` URI |
///
/// | key on a field | meaning |
/// |---|---|
/// | `complete = <function>` | proposes values while somebody types; the argument is named as serde reads it |
#[proc_macro_derive(Prompt, attributes(prompt, serde, schemars))]
pub fn derive_prompt(input: TokenStream) -> TokenStream {
    item::expand(input.into(), &prompt::KIND).into()
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
