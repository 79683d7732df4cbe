//! Header values: what each reader of them promises, and that a client which mirrors its body into
//! them is never told that they differ.
//!
//! An input is a target, header fields, an empty line, and parameters.
#![no_main]

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use toolgate_core::{Card, ParamHeader, card::ParamKind};
use toolgate_protocol::{
    Json, Params, code, discover::Implementation, method::TOOLS_CALL, version::MODERN,
};
use toolgate_transport::http::fuzzing;

const VERSION: &str = "mcp-protocol-version";
const METHOD: &str = "mcp-method";
const NAME: &str = "mcp-name";
const ALLOWED: &str = "https://app.example";
const PATH: &str = "/mcp";

/// The tool whose arguments are mirrored, and what of them: suffix, pointer, kind.
const TOOL: &str = "query";
const MIRRORED: [(&str, &str, ParamKind); 3] = [
    ("Region", "/region", ParamKind::String),
    ("Limit", "/page/limit", ParamKind::Integer),
    ("Dry", "/dry", ParamKind::Boolean),
];

static CARD: LazyLock<Card> = LazyLock::new(|| {
    let path = |pointer: &str| pointer.split('/').skip(1).map(str::to_owned).collect();
    let of = |(suffix, at, kind)| ParamHeader::new(suffix, path(at), kind);
    let card = Card::new(Implementation::new("n", "1")).mirror("tasks/get", "taskId");
    card.param_header(TOOL, MIRRORED.map(of).into())
});

fuzz_target!(|data: &[u8]| {
    let Some((uri, headers, body)) = request(data) else { return };
    let texts: Vec<&str> = headers.values().filter_map(|value| value.to_str().ok()).collect();
    texts.iter().for_each(|text| value(text));
    texts.windows(2).for_each(|two| pair(two[0], two[1]));
    media(&headers);
    hosts(&uri, &headers);
    pages(&headers);
    let Ok(params) = Json::from_text(body.to_vec()) else { return };
    let Ok(split) = Params::split(&params) else { return };
    compared(&headers, &split);
    mirrored(&split);
});

fn request(data: &[u8]) -> Option<(Uri, HeaderMap, &[u8])> {
    let mut lines = data.split(|byte| *byte == b'\n');
    let uri: Uri = str::from_utf8(lines.next()?).ok()?.parse().ok()?;
    let (mut headers, mut length) = (HeaderMap::new(), 0);
    for line in lines.by_ref().take_while(|line| !line.is_empty()) {
        length += line.len() + 1;
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    let head = data.iter().position(|byte| *byte == b'\n').map_or(data.len(), |at| at + 1);
    Some((uri, headers, data.get(head + length + 1..).unwrap_or_default()))
}

/// What holds for a value alone, whatever header it is in.
fn value(text: &str) {
    let marked = sentinel(text);
    assert_eq!(fuzzing::sentinel(&marked).as_deref(), Some(text));
    if let Some(stray) = with_stray_bits(&marked) {
        assert_eq!(fuzzing::sentinel(&stray), None, "{stray}");
    }
    let inside = text.strip_prefix("=?base64?").is_some_and(|rest| rest.ends_with("?="));
    match fuzzing::sentinel(text) {
        // One value has one form, so that nobody else reads another value from it.
        Some(value) if inside => assert_eq!(sentinel(&value), text),
        Some(value) => assert_eq!(value, text),
        None => assert!(inside),
    }
    for elements in [fuzzing::elements(text, b','), fuzzing::elements(text, b';')] {
        assert!(elements.iter().all(|it| !it.is_empty() && it.trim_matches([' ', '\t']) == *it));
    }
    if !text.contains('"') {
        let plain = text.split(',').map(|it| it.trim_matches([' ', '\t']));
        let plain: Vec<&str> = plain.filter(|it| !it.is_empty()).collect();
        assert_eq!(fuzzing::elements(text, b','), plain);
    }
    if let Some(host) = fuzzing::host(text) {
        assert_eq!(fuzzing::host(&host).as_ref(), Some(&host));
        assert!(!host.contains(['@', '/', '?', '#', ' ']) && !host.contains(char::is_uppercase));
    }
    if let Some(origin) = fuzzing::origin(text) {
        assert!(fuzzing::is_same_origin(text, &origin) && fuzzing::is_same_origin(&origin, text));
        assert_eq!(fuzzing::origin(&origin).as_ref(), Some(&origin));
        assert!(origin != "null" && !origin.contains('*'));
    }
    if let Some((url, metadata)) = fuzzing::public_url(text, PATH) {
        assert_eq!(fuzzing::public_url(&url, PATH), Some((url.clone(), metadata.clone())));
        assert!(url.starts_with("http://") || url.starts_with("https://"));
        assert!(!url.contains(['?', '#']) && !url.split('/').nth(2).unwrap().contains('@'));
        let metadata: Uri = metadata.parse().expect("where the metadata is");
        assert!(metadata.path().starts_with("/.well-known/oauth-protected-resource"));
    }
    if let Ok(Value::Number(number)) = serde_json::from_str(text)
        && (number.is_i64() || number.is_u64())
    {
        assert!(fuzzing::is_same_number(text, &format!("{number}.0")));
    }
}

fn sentinel(text: &str) -> String {
    format!("=?base64?{}?=", STANDARD.encode(text))
}

/// The same bytes for a reader that drops bits which no byte has, where there are any.
fn with_stray_bits(marked: &str) -> Option<String> {
    let padding = marked.strip_suffix("=?=")?.trim_end_matches('=').len();
    let (digits, rest) = marked.split_at(padding);
    let last = digits.chars().next_back()?;
    let next = char::from(u8::try_from(last).ok()? + 1);
    Some(format!("{}{next}{rest}", &digits[..digits.len() - 1]))
}

/// Numbers are the same when all their digits are.
fn pair(a: &str, b: &str) {
    let same = fuzzing::is_same_number(a, b);
    assert_eq!(same, fuzzing::is_same_number(b, a));
    match (digits(a), digits(b)) {
        (Some(Some(a)), Some(Some(b))) => assert_eq!(same, a == b),
        // An exponent that would take a long time to write out.
        (Some(None), _) | (_, Some(None)) => {}
        _ => assert!(!same, "one is no number"),
    }
    assert_eq!(fuzzing::is_same_origin(a, b), fuzzing::is_same_origin(b, a));
}

/// Sign, digits before and digits behind the point, without zeros that say nothing; none within
/// where the exponent is large, none at all where the text is no number.
#[expect(clippy::option_option, reason = "the two are told apart above")]
fn digits(text: &str) -> Option<Option<(bool, String, String)>> {
    let all = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, "0"),
    };
    let (negative, mantissa) =
        mantissa.strip_prefix('-').map_or((false, mantissa), |rest| (true, rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    if !all(whole) || !all(fraction) || !all(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
    {
        return None;
    }
    let Ok(exponent @ -99..=99) = exponent.parse::<i32>() else { return Some(None) };
    let (mut whole, mut fraction) = (whole.to_owned(), fraction.to_owned());
    for _ in 0..exponent {
        whole.push(if fraction.is_empty() { '0' } else { fraction.remove(0) });
    }
    for _ in exponent..0 {
        fraction.insert(0, whole.pop().unwrap_or('0'));
    }
    let whole = whole.trim_start_matches('0').to_owned();
    let fraction = fraction.trim_end_matches('0').to_owned();
    let zero = whole.is_empty() && fraction.is_empty();
    Some(Some((negative && !zero, whole, fraction)))
}

fn media(headers: &HeaderMap) {
    let accepts = fuzzing::accepts(headers);
    let given: Vec<_> = headers.get_all(header::ACCEPT).iter().collect();
    if given.is_empty() {
        assert_eq!(accepts, Some((true, true)));
    }
    assert_ne!(accepts, Some((false, false)));
    // Several fields are one list (RFC 9110, section 5.3), unless a quote is open between them.
    let texts: Option<Vec<&str>> = given.iter().map(|value| value.to_str().ok()).collect();
    let texts = texts.filter(|all| all.iter().all(|it| !it.is_empty() && !it.contains('"')));
    if let Some(texts) = texts.filter(|texts| texts.len() > 1) {
        let mut joined = HeaderMap::new();
        joined.insert(header::ACCEPT, HeaderValue::try_from(texts.join(", ")).unwrap());
        assert_eq!(fuzzing::accepts(&joined), accepts);
    }
    let (is_json, is_plain) = fuzzing::sends(headers);
    let kinds: Vec<_> = headers.get_all(header::CONTENT_TYPE).iter().collect();
    let begins = |value: &&HeaderValue| {
        value.as_bytes().to_ascii_lowercase().starts_with(b"application/json")
    };
    assert!(!is_json || (kinds.len() == 1 && kinds.iter().all(begins)));
    let encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    assert!(!is_plain || encodings.map(HeaderValue::as_bytes).all(|it| it.len() == 8));
}

fn hosts(uri: &Uri, headers: &HeaderMap) {
    let Some(host) = fuzzing::judged_host(uri, headers, "mcp.example") else { return };
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|it| it.is_ascii_digit()));
    let name = name.map_or(&*host, |(name, _)| name);
    assert!(["localhost", "127.0.0.1", "[::1]", "mcp.example"].contains(&name), "{host}");
    let fields: Vec<_> = headers.get_all(header::HOST).iter().collect();
    assert!(fields.len() <= 1);
    for field in fields {
        assert_eq!(field.to_str().unwrap().to_ascii_lowercase().trim(), spelled(&host, field));
    }
}

/// The host as the field spells it: a port may have zeros in front.
fn spelled(host: &str, field: &HeaderValue) -> String {
    let field = field.to_str().unwrap().to_ascii_lowercase();
    match (field.trim().rsplit_once(':'), host.rsplit_once(':')) {
        (Some((name, port)), Some((known, number)))
            if name == known && port.trim_start_matches('0') == number.trim_start_matches('0') =>
        {
            field.trim().to_owned()
        }
        _ => host.to_owned(),
    }
}

/// A page may call when it is of this server or allowed, and is told no more than is known.
fn pages(headers: &HeaderMap) {
    let Some(may_send) = fuzzing::page(headers, "localhost:8080", ALLOWED) else { return };
    let origins: Vec<_> = headers.get_all(header::ORIGIN).iter().collect();
    assert!(origins.len() <= 1);
    let known = ["http://localhost:8080", "https://localhost:8080", ALLOWED];
    let is_known = |origin: &str| known.iter().any(|known| fuzzing::is_same_origin(known, origin));
    assert!(origins.iter().all(|origin| is_known(origin.to_str().unwrap())));
    let names = may_send.to_str().unwrap().split(", ");
    let (params, others): (Vec<&str>, Vec<&str>) =
        names.partition(|name| name.to_ascii_lowercase().starts_with("mcp-param-"));
    assert!(params.len() <= 64 && others.len() < 16);
    assert!(others.iter().all(|name| HeaderName::from_bytes(name.as_bytes()).is_ok()));
}

/// Whatever passes was said by both.
fn compared(headers: &HeaderMap, params: &Params<'_>) {
    let said = headers.get(METHOD).and_then(|value| value.to_str().ok()).unwrap_or(TOOLS_CALL);
    if let Err(error) = fuzzing::mirrored(headers, &CARD, said, MODERN, params) {
        assert!([code::HEADER_MISMATCH, code::INVALID_PARAMS].contains(&error.code()));
        return;
    }
    let one = |name: &str| {
        let values: Vec<_> = headers.get_all(name).iter().collect();
        assert!(values.len() <= 1, "{name} is there twice");
        values.first().map(|value| value.to_str().unwrap())
    };
    assert_eq!((one(VERSION), one(METHOD)), (Some(MODERN), Some(said)));
    if let Some(member) = CARD.mcp_name(said) {
        let header = one(NAME).map(|header| fuzzing::sentinel(header).unwrap());
        assert_eq!(header, params.text(member));
    }
}

/// A client that mirrors what it sends, as the specification has it, is believed.
fn mirrored(params: &Params<'_>) {
    let Ok(seen) = params.json().parse::<Value>() else { return };
    let mut headers = HeaderMap::new();
    headers.insert(VERSION, HeaderValue::from_static(MODERN));
    headers.insert(METHOD, HeaderValue::from_static(TOOLS_CALL));
    let name = seen["name"].as_str();
    if let Some(name) = name {
        headers.insert(NAME, encoded(name));
    }
    if name == Some(TOOL) {
        for (suffix, at, _) in MIRRORED {
            let value = match seen["arguments"].pointer(at).unwrap_or(&Value::Null) {
                Value::Null => continue,
                Value::String(text) => encoded(text),
                Value::Bool(flag) => encoded(&json!(flag).to_string()),
                Value::Number(number) if number.is_i64() || number.is_u64() => {
                    encoded(&number.to_string())
                }
                // Rounded by `Value`, or nothing that is mirrored.
                _ => return,
            };
            headers.insert(HeaderName::try_from(format!("mcp-param-{suffix}")).unwrap(), value);
        }
    }
    if let Err(error) = fuzzing::mirrored(&headers, &CARD, TOOLS_CALL, MODERN, params) {
        assert_eq!(error.code(), code::HEADER_MISMATCH, "{headers:?}: {}", error.message());
        let text = str::from_utf8(params.json().as_bytes()).unwrap();
        let twice = |(_, at, _): (_, &str, _)| {
            let path: Vec<&str> = ["arguments"].into_iter().chain(at.split('/').skip(1)).collect();
            fuzzing::at(text, &path).is_err()
        };
        assert!(MIRRORED.into_iter().any(twice), "{}", error.message());
    }
}

/// A value as it may stand in a header (transports, "Encoding of header values").
fn encoded(text: &str) -> HeaderValue {
    let plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~')) && text.trim() == text;
    let looks_encoded = text.starts_with("=?base64?") && text.ends_with("?=");
    let text = if plain && !looks_encoded { text.to_owned() } else { sentinel(text) };
    HeaderValue::try_from(text).unwrap()
}
