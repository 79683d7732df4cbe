//! What the tests from outside share: a raw HTTP client, messages, and servers to talk to.

pub(crate) mod client;
pub(crate) mod line;
pub(crate) mod mcp;
pub(crate) mod old;
pub(crate) mod program;
pub(crate) mod served;
