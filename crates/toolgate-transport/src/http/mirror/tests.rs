//! Headers that say what the body says, and those that do not.

use http::HeaderValue;
use toolgate_core::{
    ParamHeader,
    card::ParamKind,
    protocol::{discover::Implementation, version::MODERN},
};

use super::*;

fn card() -> Card {
    let at = |path: &[&str]| path.iter().map(|name| (*name).to_owned()).collect();
    Card::new(Implementation::new("n", "1")).mirror("tasks/get", "taskId").param_header(
        "query",
        vec![
            ParamHeader::new("Region", at(&["region"]), ParamKind::String),
            ParamHeader::new("Limit", at(&["page", "limit"]), ParamKind::Integer),
            ParamHeader::new("Dry", at(&["dry"]), ParamKind::Boolean),
        ],
    )
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

fn judge(method: &str, params: &str, pairs: &[(&str, &str)]) -> Result<(), (i32, String)> {
    let params = Json::from_text(params.to_owned()).unwrap();
    let params = Params::split(&params).unwrap();
    let (headers, card) = (headers(pairs), card());
    request(&headers, &card, method, MODERN, &params)
        .and_then(|()| arguments(&headers, &card, method, &params))
        .map_err(|error| (error.code(), error.message().to_owned()))
}

const V: (&str, &str) = ("mcp-protocol-version", MODERN);

#[test]
fn version_and_method_are_required_once_and_equal() {
    let list = ("mcp-method", "tools/list");
    judge("tools/list", "{}", &[V, list]).unwrap();
    judge("tools/list", "{}", &[V, ("mcp-method", " \ttools/list ")]).unwrap();
    let rows: &[(&[(&str, &str)], &str)] = &[
        (&[list], "`mcp-protocol-version` is missing"),
        (&[V], "`mcp-method` is missing"),
        (&[V, V, list], "`mcp-protocol-version` is there twice"),
        (&[V, list, list], "`mcp-method` is there twice"),
        (&[("mcp-protocol-version", "2025-11-25"), list], "`mcp-protocol-version` differs"),
        (&[V, ("mcp-method", "TOOLS/LIST")], "`mcp-method` differs"),
        (&[V, ("mcp-method", "=?base64?dG9vbHMvbGlzdA==?=")], "`mcp-method` differs"),
        (&[V, ("mcp-method", "tools/lïst")], "`mcp-method` has characters"),
    ];
    for (pairs, expected) in rows {
        let (code, message) = judge("tools/list", "{}", pairs).unwrap_err();
        assert_eq!(code, code::HEADER_MISMATCH);
        assert!(message.contains(expected), "{message} / {expected}");
    }
}

#[test]
fn names_are_mirrored_where_the_body_has_one() {
    type Row = (&'static str, &'static str, &'static str, Option<&'static str>, bool);
    let rows: &[Row] = &[
        ("tools/call", "name", r#""a""#, Some("a"), true),
        ("tools/call", "name", r#""a""#, None, false),
        ("tools/call", "name", r#""a""#, Some("A"), false),
        ("tools/call", "name", r#""é""#, Some("=?base64?w6k=?="), true),
        ("tools/call", "name", r#""a""#, Some("=?base64?YQ==?="), true),
        ("tools/call", "name", r#""a""#, Some("=?base64?YQ?="), false),
        ("tools/call", "other", r#""a""#, None, true),
        ("tools/call", "other", r#""a""#, Some("a"), false),
        ("tools/call", "name", "7", Some("7"), false),
        ("prompts/get", "name", r#""a""#, None, false),
        ("resources/read", "uri", r#""note://1""#, Some("note://1"), true),
        ("resources/read", "uri", r#""note://1""#, None, false),
        ("tasks/get", "taskId", r#""t1""#, Some("t1"), true),
        ("tasks/get", "taskId", r#""t1""#, Some("t2"), false),
        ("tools/list", "name", r#""a""#, None, true),
    ];
    for (method, member, value, header, passes) in rows {
        let mut pairs = vec![V, ("mcp-method", *method)];
        pairs.extend(header.map(|header| ("mcp-name", header)));
        let params = format!(r#"{{"{member}":{value}}}"#);
        assert_eq!(judge(method, &params, &pairs).is_ok(), *passes, "{method} {params} {header:?}");
    }
}

#[test]
fn arguments_are_mirrored_where_the_tool_says_so() {
    type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], bool);
    let rows: &[Row<'_>] = &[
        (r#"{"region":"eu"}"#, &[("mcp-param-region", "eu")], true),
        (r#"{"region":"eu"}"#, &[("Mcp-Param-Region", "eu")], true),
        (r#"{"region":"eu"}"#, &[], false),
        (r#"{"region":"eu"}"#, &[("mcp-param-region", "us")], false),
        (r#"{"region":"eu"}"#, &[("mcp-param-region", "eu"), ("mcp-param-region", "eu")], false),
        (r#"{"region":"e\u0075"}"#, &[("mcp-param-region", "eu")], true),
        (r#"{"region":"é"}"#, &[("mcp-param-region", "=?base64?w6k=?=")], true),
        (r#"{"region":"é"}"#, &[("mcp-param-region", "é")], false),
        (r#"{"region":""}"#, &[("mcp-param-region", "")], true),
        (r#"{"region":null}"#, &[], true),
        (r#"{"region":null}"#, &[("mcp-param-region", "null")], false),
        ("{}", &[("mcp-param-region", "eu")], false),
        ("{}", &[("mcp-param-unknown", "x"), ("mcp-param-unknown", "y")], true),
        (r#"{"page":{"limit":42}}"#, &[("mcp-param-limit", "42")], true),
        (r#"{"page":{"limit":42}}"#, &[("mcp-param-limit", "42.0")], true),
        (r#"{"page":{"limit":42.0}}"#, &[("mcp-param-limit", "42")], true),
        (r#"{"page":{"limit":42}}"#, &[("mcp-param-limit", "43")], false),
        (r#"{"page":{"limit":42}}"#, &[], false),
        (r#"{"page":[1]}"#, &[], true),
        (r#"{"page":{"limit":[1]}}"#, &[("mcp-param-limit", "[1]")], false),
        (r#"{"dry":true}"#, &[("mcp-param-dry", "true")], true),
        (r#"{"dry":true}"#, &[("mcp-param-dry", "True")], false),
        (r#"{"region":"a","region":"b"}"#, &[("mcp-param-region", "b")], false),
    ];
    for (arguments, more, passes) in rows {
        let mut pairs = vec![V, ("mcp-method", "tools/call"), ("mcp-name", "query")];
        pairs.extend_from_slice(more);
        let params = format!(r#"{{"name":"query","arguments":{arguments}}}"#);
        assert_eq!(judge("tools/call", &params, &pairs).is_ok(), *passes, "{arguments} {more:?}");
    }
    let other = [V, ("mcp-method", "tools/call"), ("mcp-name", "plain")];
    judge("tools/call", r#"{"name":"plain","arguments":{"region":"eu"}}"#, &other).unwrap();
}

#[test]
fn notifications_need_no_headers_and_must_not_contradict_theirs() {
    let method = "notifications/cancelled";
    notification(&HeaderMap::new(), method, None).unwrap();
    notification(&headers(&[("mcp-method", method), V]), method, None).unwrap();
    assert!(notification(&headers(&[("mcp-method", "tools/call")]), method, None).is_err());
    assert!(notification(&headers(&[V]), method, Some("2025-11-25")).is_err());
}

proptest::proptest! {
    #[test]
    fn no_header_panics(value: Vec<u8>, argument: String, name in "mcp-(method|name|param-region)") {
        let Ok(value) = HeaderValue::from_bytes(&value) else { return Ok(()) };
        let mut headers = headers(&[V]);
        headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value);
        let params = serde_json::json!({ "name": "query", "arguments": { "region": argument } });
        let params = Json::of(&params).unwrap();
        let params = Params::split(&params).unwrap();
        let _ = request(&headers, &card(), "tools/call", MODERN, &params);
    }
}
