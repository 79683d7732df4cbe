//! The JSON-RPC envelope: a message split into id, method and raw parameters, and written back.

use std::borrow::Cow;

use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    code,
    id::RequestId,
    json::{Json, Members, depth_within},
    method,
    object::Object,
};

/// A message as a peer sent it, typed no further than JSON-RPC goes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Incoming {
    /// Expects an answer.
    Request {
        /// To be echoed.
        id: RequestId,
        /// What to do.
        method: Cow<'static, str>,
        /// With what.
        params: Option<Json>,
    },
    /// Expects none.
    Notification {
        /// What happened.
        method: Cow<'static, str>,
        /// The particulars.
        params: Option<Json>,
    },
    /// Answers a request of ours, which this revision never sends.
    Response(Response),
}

/// An answer of a peer's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// What it answers; none where that could not be read.
    pub id: Option<RequestId>,
    /// What it says.
    pub outcome: Outcome,
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// What was asked for. The peer's word, whatever its shape.
    Result(Json),
    /// That it will not come, and the code that says why; none where there is no such code.
    Error(Option<i32>),
}

impl Response {
    /// An answer to a request.
    pub fn new(id: Option<RequestId>, outcome: Outcome) -> Self {
        Self { id, outcome }
    }

    /// None where there is neither result nor error. Where there are both, the error counts.
    fn read(body: &Bytes, members: &Object<'_>, id: Option<&RequestId>) -> Option<Self> {
        #[derive(Deserialize)]
        struct Code {
            code: i32,
        }
        let code =
            |error: &RawValue| serde_json::from_str(error.get()).ok().map(|Code { code }| code);
        let outcome = match (members.take("result"), members.take("error")) {
            (_, Some(error)) => Outcome::Error(code(error)),
            (Some(result), None) => Outcome::Result(Json::within(body, result)),
            (None, None) => return None,
        };
        Some(Self { id: id.cloned(), outcome })
    }
}

/// Why a body is not a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Malformed {
    /// [`code::PARSE_ERROR`] or [`code::INVALID_REQUEST`].
    pub code: i32,
    /// For the peer; quotes nothing that it sent.
    pub message: &'static str,
    /// The id, where it could be read.
    pub id: Option<RequestId>,
}

/// Splits a body into its parts, without copying its parameters.
///
/// # Errors
/// When the body is not JSON, nests deeper than `max_depth`, names a member twice, or is not one
/// JSON-RPC 2.0 message. A batch is not one: only revision 2025-03-26 had them.
pub fn parse(body: &Bytes, max_depth: usize) -> Result<Incoming, Malformed> {
    if !depth_within(body, max_depth) {
        return Err(invalid("the message is nested too deeply"));
    }
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(match serde_json::from_slice::<&RawValue>(body) {
            Ok(_) => invalid("one JSON-RPC message is expected"),
            Err(_) => not_json(),
        });
    }
    let members = Object::parse(body).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => invalid("a member is named twice, or too many are"),
        _ => not_json(),
    })?;
    let id = members.take("id").map(|raw| serde_json::from_str::<RequestId>(raw.get()));
    message(body, &members, id.as_ref().and_then(|id| id.as_ref().ok()), id.is_some())
        .map_err(|problem| Malformed { id: id.and_then(Result::ok), ..problem })
}

fn message(
    body: &Bytes,
    members: &Object<'_>,
    id: Option<&RequestId>,
    id_given: bool,
) -> Result<Incoming, Malformed> {
    if !matches!(members.text("jsonrpc"), Some(Ok(version)) if version == "2.0") {
        return Err(invalid("`jsonrpc` must be \"2.0\""));
    }
    let method = match members.text("method") {
        Some(Ok(name)) => method::intern(&name),
        Some(Err(_)) => return Err(invalid("`method` must be a string")),
        None => {
            let answer = Response::read(body, members, id).map(Incoming::Response);
            return answer.ok_or(invalid("`method` is missing"));
        }
    };
    let params = members.take("params").map(|raw| Json::within(body, raw));
    match (id, id_given) {
        (Some(id), _) => Ok(Incoming::Request { id: id.clone(), method, params }),
        (None, false) => Ok(Incoming::Notification { method, params }),
        (None, true) => Err(invalid("`id` must be a string of at most 256 bytes or an integer")),
    }
}

fn invalid(message: &'static str) -> Malformed {
    Malformed { code: code::INVALID_REQUEST, message, id: None }
}

fn not_json() -> Malformed {
    Malformed { code: code::PARSE_ERROR, message: "the body is not JSON", id: None }
}

/// Writes a result whose members are text already.
pub fn write_result(id: &RequestId, parts: &[&Members]) -> Bytes {
    let len: usize = parts.iter().map(|part| part.as_bytes().len() + 1).sum();
    let mut text = BytesMut::with_capacity(64 + len);
    text.put_slice(br#"{"jsonrpc":"2.0","id":"#);
    put(&mut text, id);
    text.put_slice(br#","result":{"#);
    let mut first = true;
    for part in parts.iter().filter(|part| !part.is_empty()) {
        if !first {
            text.put_u8(b',');
        }
        text.put_slice(part.as_bytes());
        first = false;
    }
    text.put_slice(b"}}");
    text.freeze()
}

/// Writes an error. The id is left out where it is not known: null is no id in MCP.
pub fn write_error(id: Option<&RequestId>, code: i32, message: &str, data: Option<&Json>) -> Bytes {
    let mut text = BytesMut::with_capacity(96 + message.len());
    text.put_slice(br#"{"jsonrpc":"2.0","#);
    if let Some(id) = id {
        text.put_slice(br#""id":"#);
        put(&mut text, id);
        text.put_u8(b',');
    }
    text.put_slice(br#""error":{"code":"#);
    put(&mut text, &code);
    text.put_slice(br#","message":"#);
    put(&mut text, message);
    if let Some(data) = data {
        text.put_slice(br#","data":"#);
        text.put_slice(data.as_bytes());
    }
    text.put_slice(b"}}");
    text.freeze()
}

/// Writes a request.
pub fn write_request(id: &RequestId, method: &str, params: &Json) -> Bytes {
    let mut text = BytesMut::with_capacity(96 + method.len() + params.as_bytes().len());
    text.put_slice(br#"{"jsonrpc":"2.0","id":"#);
    put(&mut text, id);
    text.put_slice(br#","method":"#);
    put(&mut text, method);
    text.put_slice(br#","params":"#);
    text.put_slice(params.as_bytes());
    text.put_u8(b'}');
    text.freeze()
}

/// Writes a notification.
pub fn write_notification(method: &str, params: Option<&Json>) -> Bytes {
    let len = params.map_or(0, |params| params.as_bytes().len());
    let mut text = BytesMut::with_capacity(48 + method.len() + len);
    text.put_slice(br#"{"jsonrpc":"2.0","method":"#);
    put(&mut text, method);
    if let Some(params) = params {
        text.put_slice(br#","params":"#);
        text.put_slice(params.as_bytes());
    }
    text.put_u8(b'}');
    text.freeze()
}

/// Strings and integers always serialize, and a `BytesMut` takes all that is written to it.
fn put<T: Serialize + ?Sized>(text: &mut BytesMut, value: &T) {
    let written = serde_json::to_writer(text.writer(), value);
    debug_assert!(written.is_ok(), "a string or an integer was refused");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(body: &str) -> Result<Incoming, Malformed> {
        parse(&Bytes::copy_from_slice(body.as_bytes()), 64)
    }

    #[test]
    fn requests_notifications_and_responses_are_told_apart() {
        let request = parsed(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"a":1}}"#);
        let Ok(Incoming::Request { id, method, params: Some(params) }) = request else { panic!() };
        assert_eq!((id, &*method, params.as_bytes()), (1.into(), "tools/list", &br#"{"a":1}"#[..]));
        assert!(matches!(method, Cow::Borrowed(_)), "a known method costs no allocation");
        let note = parsed(r#" {"jsonrpc":"2.0","method":"notifications/cancelled"}"#);
        assert!(matches!(note, Ok(Incoming::Notification { params: None, .. })));
        let response = parsed(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
        assert!(matches!(response, Ok(Incoming::Response(_))));
    }

    #[test]
    fn an_answer_says_one_thing_of_one_request() {
        let result = |text| Outcome::Result(Json::from_text(text).unwrap());
        for (rest, id, outcome) in [
            (r#""id":1,"result":{"a":1}"#, Some(1.into()), result(r#"{"a":1}"#)),
            (r#""id":"x","result":null"#, Some("x".into()), result("null")),
            (r#""result":{}"#, None, result("{}")),
            (r#""id":null,"result":{}"#, None, result("{}")),
            (
                r#""id":1,"error":{"code":-1,"message":"no"}"#,
                Some(1.into()),
                Outcome::Error(Some(-1)),
            ),
            (r#""id":1,"error":"no""#, Some(1.into()), Outcome::Error(None)),
            (r#""id":1,"error":{"code":"x"}"#, Some(1.into()), Outcome::Error(None)),
            (r#""id":1,"result":{},"error":{"code":2}"#, Some(1.into()), Outcome::Error(Some(2))),
        ] {
            let body = format!(r#"{{"jsonrpc":"2.0",{rest}}}"#);
            let Ok(Incoming::Response(read)) = parsed(&body) else { panic!("{body}") };
            assert_eq!(read, Response::new(id, outcome), "{body}");
        }
    }

    #[test]
    fn malformed_bodies_have_their_code_and_the_id_where_it_was_read() {
        let long = "x".repeat(RequestId::MAX + 1);
        let long = format!(r#"{{"jsonrpc":"2.0","id":"{long}","method":"m"}}"#);
        let rows: &[(&str, i32, Option<RequestId>)] = &[
            ("", code::PARSE_ERROR, None),
            ("{", code::PARSE_ERROR, None),
            ("nul", code::PARSE_ERROR, None),
            ("{\"a\":1}}", code::PARSE_ERROR, None),
            ("[]", code::INVALID_REQUEST, None),
            ("1", code::INVALID_REQUEST, None),
            (r#"{"jsonrpc":"2.0","id":1}"#, code::INVALID_REQUEST, Some(1.into())),
            (r#"{"id":"x","method":"m"}"#, code::INVALID_REQUEST, Some("x".into())),
            (r#"{"jsonrpc":"1.0","id":1,"method":"m"}"#, code::INVALID_REQUEST, Some(1.into())),
            (r#"{"jsonrpc":"2.0","id":null,"method":"m"}"#, code::INVALID_REQUEST, None),
            (r#"{"jsonrpc":"2.0","id":1.5,"method":"m"}"#, code::INVALID_REQUEST, None),
            (&long, code::INVALID_REQUEST, None),
            (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, code::INVALID_REQUEST, Some(1.into())),
            (r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"m"}"#, code::INVALID_REQUEST, None),
        ];
        for (body, code, id) in rows {
            let problem = parsed(body).unwrap_err();
            assert_eq!((problem.code, &problem.id), (*code, id), "{body}");
        }
        let deep =
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":"m","params":{}"#, "[".repeat(9999));
        assert_eq!(parsed(&deep).unwrap_err().code, code::INVALID_REQUEST);
    }

    #[test]
    fn written_messages_are_what_json_rpc_asks_for() {
        let a = Members::of(&serde_json::json!({"a": 1})).unwrap();
        let none = Members::none();
        assert_eq!(
            write_result(&7.into(), &[&none, &a, &none, &a.clone()]),
            r#"{"jsonrpc":"2.0","id":7,"result":{"a":1,"a":1}}"#
        );
        assert_eq!(write_result(&"é\"".into(), &[]), r#"{"jsonrpc":"2.0","id":"é\"","result":{}}"#);
        assert_eq!(
            write_error(None, -32000, "no", None),
            r#"{"jsonrpc":"2.0","error":{"code":-32000,"message":"no"}}"#
        );
        assert_eq!(
            write_error(Some(&1.into()), -32022, "no", Some(&Json::object())),
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"no","data":{}}}"#
        );
        assert_eq!(
            write_request(&"q".into(), "roots/list", &Json::object()),
            r#"{"jsonrpc":"2.0","id":"q","method":"roots/list","params":{}}"#
        );
        assert_eq!(
            write_notification("notifications/progress", Some(&Json::object())),
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{}}"#
        );
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(body: Vec<u8>) {
            let _ = parse(&Bytes::from(body), 64);
        }
    }
}
