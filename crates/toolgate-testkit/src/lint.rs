//! Schemas that clients refuse, found before a client does.
//!
//! A schema can be valid and still keep a tool from its users: some clients and the services behind
//! them know only a part of JSON Schema, and one tool that does not fit often takes all others with
//! it. [`assert_portable`] belongs into a test of every server that is for more than one client:
//!
//! ```
//! use schemars::JsonSchema;
//! use serde::Deserialize;
//! use toolgate_server::{Server, ToolSpec};
//! use toolgate_testkit::{TestClient, lint};
//!
//! #[derive(Deserialize, JsonSchema)]
//! struct Add {
//!     a: i64,
//!     b: i64,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let add = |add: Add, _| async move { Ok(add.a + add.b) };
//! let client = TestClient::new(Server::new("calc", "1").open().tool_fn(ToolSpec::new("add"), add))?;
//! lint::assert_portable(&client).await;
//! # Ok(())
//! # }
//! ```
//!
//! Findings name tool, field, client and rule:
//!
//! ```text
//! the tools of `shop` are not for every client:
//!   tool `order`, argument `lines[].count`: Gemini knows no format `uint8` for an integer, ..
//!   tool `order`, argument `note`: Cursor lets no value through where `type` is a list of types; ..
//! ```
//!
//! Schemas that toolgate derives are put into words that all of these take, where there are such words:
//! what is found then is about a type (a map, a value of any kind, one of several shapes), or was written
//! by hand.
//!
//! What is meant all the same is [allowed](Portable::allow) by name. What a server never meets is
//! left out with [`Portable::without`].
//!
//! # Rules
//!
//! | rule | what is found | who minds |
//! |---|---|---|
//! | [`Name`](Rule::Name) | tools by names that are too long or have other characters | Gemini, OpenAI, Cursor |
//! | [`Count`](Rule::Count) | more than 40 tools | Cursor |
//! | [`Invalid`](Rule::Invalid) | no JSON Schema of 2020-12; references to nothing, or to other documents | OpenAI, Cursor for answers |
//! | [`Root`](Rule::Root) | roots that are no objects, or choose among some | Gemini, OpenAI, LM Studio, for answers too |
//! | [`Reference`](Rule::Reference) | `$ref`, and with it recursion | Gemini, for answers too; LM Studio; OpenAI with keywords beside it |
//! | [`Format`](Rule::Format) | formats that are not known | Gemini, OpenAI for text |
//! | [`TypeList`](Rule::TypeList) | `"type": ["string", "null"]` | Gemini, Cursor |
//! | [`NoType`](Rule::NoType) | values of any type | Gemini |
//! | [`Composition`](Rule::Composition) | `anyOf`, `oneOf`, `allOf` | Gemini (`anyOf`), OpenAI (the others), Cursor |
//! | [`Keyword`](Rule::Keyword) | `const`, `oneOf`, `exclusiveMinimum`, `$schema` and others | Gemini |
//! | [`Enum`](Rule::Enum) | choices among numbers, `null` or empty text | Gemini |
//! | [`Items`](Rule::Items) | arrays without `items` | Gemini, OpenAI |
//! | [`Properties`](Rule::Properties) | objects without `properties`: maps, roots of tools without arguments | Gemini below the root, OpenAI at the root |
//! | [`Required`](Rule::Required) | required properties that are not described | Gemini |
//! | [`PropertyName`](Rule::PropertyName) | names of arguments with other characters | Gemini |
//! | [`Pattern`](Rule::Pattern) | patterns that look around, or stand below the top level | LM Studio |
//! | [`Length`](Rule::Length) | lengths of 2000 and more | LM Studio |
//!
//! Each was seen to be refused; the source names where. Clients learn, so that a rule may be stricter
//! than the newest of them. Which rules there are is no promise: a new release may find more.

mod check;
mod cursor;
mod finding;
mod gemini;
mod lm_studio;
mod node;
mod openai;
mod portable;
pub(crate) mod schema;

use toolgate_core::protocol::tool::Tool;

pub use self::{
    finding::{Client, Finding, Part, Rule},
    portable::{Portable, Unportable, portable},
};
use crate::client::TestClient;

/// All that clients would refuse of these tools, in their order. `server` is the server's name, which
/// some put before that of a tool.
pub fn schemas(server: &str, tools: &[Tool]) -> Vec<Finding> {
    check::judge(server, tools)
}

/// Asserts that nobody would refuse a tool that this client sees. Who sees them all is best.
///
/// # Panics
/// With all findings, one a line, and when there is no tool to be seen.
pub async fn assert_portable(client: &TestClient) {
    let checked = portable(client).check().await;
    #[expect(clippy::panic, reason = "an assertion for tests, with a message that is to be read")]
    if let Err(unportable) = checked {
        panic!("{unportable}");
    }
}

#[cfg(test)]
mod tests;
