//! JSON-RPC error codes that the specification defines (basic, "Error codes"; JSON-RPC 2.0, 5.1).

/// The body is not JSON.
pub const PARSE_ERROR: i32 = -32700;
/// The body is JSON but not a JSON-RPC message that may be sent here.
pub const INVALID_REQUEST: i32 = -32600;
/// The method is unknown, removed or gated by a capability that is not advertised.
pub const METHOD_NOT_FOUND: i32 = -32601;
/// Parameters are missing or malformed; unknown tools, prompts, resources and cursors.
pub const INVALID_PARAMS: i32 = -32602;
/// The server failed.
pub const INTERNAL_ERROR: i32 = -32603;
/// A mirrored header is missing, malformed or differs from the body.
pub const HEADER_MISMATCH: i32 = -32020;
/// The request needs a client capability that it did not declare.
pub const MISSING_CLIENT_CAPABILITY: i32 = -32021;
/// The protocol version is not served.
pub const UNSUPPORTED_VERSION: i32 = -32022;
/// Refused before the protocol was reached: authentication, authorization, limits.
///
/// From the range that JSON-RPC leaves to implementations; clients attach no meaning to it.
pub const REFUSED: i32 = -32000;
