//! Messages are split as any reader of JSON would, and what is written of them again is split to
//! the same.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json, value::RawValue};
use toolgate_protocol::{
    Incoming, Json, Members, Params, RequestId, RequestMeta, code,
    envelope::{self, Malformed},
    legacy::batch::{self, BadBatch, MOST},
    listen::Listen,
    meta,
};

/// Low, so that inputs of few bytes pass it.
const DEPTH: usize = 16;

fuzz_target!(|body: &[u8]| {
    let body = Bytes::copy_from_slice(body);
    message(&body);
    if batch::is_batch(&body) {
        several(&body);
    }
});

fn several(body: &Bytes) {
    // None where the text is no JSON, or has a number or an escape that `Value` cannot hold.
    let seen: Option<Vec<Value>> = serde_json::from_slice(body).ok();
    match batch::split(body) {
        Ok(parts) => {
            assert!((1..=MOST).contains(&parts.len()));
            if let Some(seen) = seen {
                let parts: Vec<Value> =
                    parts.iter().map(|part| serde_json::from_slice(part).unwrap()).collect();
                assert_eq!(parts, seen);
            }
            assert_eq!(batch::split(&batch::join(&parts)).unwrap(), parts);
            parts.iter().for_each(message);
        }
        Err(BadBatch::Empty) => assert_eq!(seen, Some(vec![])),
        Err(BadBatch::TooLong) => assert!(seen.is_none_or(|seen| seen.len() > MOST)),
        Err(_) => assert_eq!(seen, None),
    }
}

fn message(body: &Bytes) {
    let seen: Option<Value> = serde_json::from_slice(body).ok();
    match envelope::parse(body, DEPTH) {
        Ok(incoming) => {
            serde_json::from_slice::<&RawValue>(body).expect("what was split is JSON");
            if let Some(seen) = &seen {
                assert!(depth(seen) <= DEPTH);
                agrees(&incoming, seen);
            }
            again(incoming);
        }
        Err(bad) => refused(&bad, seen.as_ref()),
    }
}

/// What was split off is what another reader sees.
fn agrees(incoming: &Incoming, seen: &Value) {
    assert_eq!(seen["jsonrpc"], "2.0");
    let (id, method, params) = match incoming {
        Incoming::Request { id, method, params } => (Some(id), method, params),
        Incoming::Notification { method, params } => (None, method, params),
        _ => {
            assert!(seen.get("method").is_none());
            assert!(seen.get("result").or(seen.get("error")).is_some());
            return;
        }
    };
    assert_eq!(id.map(|id| json!(id)).as_ref(), seen.get("id"));
    assert_eq!(seen["method"], **method);
    let params = params.as_ref().map(|params| params.parse::<Value>().unwrap());
    assert_eq!(params.as_ref(), seen.get("params"));
}

/// What was split is written, and split again.
fn again(incoming: Incoming) {
    match incoming {
        Incoming::Request { id, method, params } => {
            let text = request(&id, &method, params.as_ref());
            let Ok(Incoming::Request { id: id_again, method: method_again, params: params_again }) =
                envelope::parse(&text, DEPTH)
            else {
                panic!("a request became something else: {text:?}")
            };
            assert_eq!((&id, &method, &params), (&id_again, &method_again, &params_again));
            answers(&id, params.as_ref());
            params.iter().for_each(members);
        }
        Incoming::Notification { method, params } => {
            let text = envelope::write_notification(&method, params.as_ref());
            let Ok(Incoming::Notification { method: method_again, params: params_again }) =
                envelope::parse(&text, DEPTH)
            else {
                panic!("a notification became something else: {text:?}")
            };
            assert_eq!((&method, &params), (&method_again, &params_again));
            params.iter().for_each(members);
        }
        _ => {}
    }
}

fn request(id: &RequestId, method: &str, params: Option<&Json>) -> Bytes {
    let params = params.map_or_else(String::new, |params| {
        format!(r#","params":{}"#, str::from_utf8(params.as_bytes()).unwrap())
    });
    format!(r#"{{"jsonrpc":"2.0","id":{},"method":{}{params}}}"#, json!(id), json!(method)).into()
}

/// Answers are JSON, are known for answers, and bear the id as it was sent.
fn answers(id: &RequestId, data: Option<&Json>) {
    let result = data.and_then(|data| Members::of(data).ok()).unwrap_or_default();
    let stamp = Members::of(&json!({ "stamp": 1 })).unwrap();
    let result = envelope::write_result(id, &[&Members::none(), &result, &stamp]);
    let error = envelope::write_error(Some(id), code::INVALID_PARAMS, "\"no\"\n", data);
    for answer in [result, error] {
        assert!(matches!(envelope::parse(&answer, DEPTH + 1), Ok(Incoming::Response(_))));
        if let Ok(seen) = serde_json::from_slice::<Value>(&answer) {
            assert_eq!(seen["id"], json!(id));
        }
    }
}

/// Single parameters are those that another reader sees.
fn members(params: &Json) {
    let Ok(split) = Params::split(params) else { return };
    assert!(params.is_object());
    let meta = split.meta();
    if let Ok(listen) = params.parse::<Listen>() {
        assert_eq!(Json::of(&listen).unwrap().parse::<Listen>().unwrap(), listen);
    }
    let Ok(Value::Object(seen)) = params.parse() else { return };
    for (name, value) in &seen {
        let found = split.value(name).expect("a member that another reader sees");
        assert_eq!(found.parse::<Value>().unwrap(), *value);
        assert_eq!(split.text(name).as_deref(), value.as_str());
    }
    if let Ok(meta) = meta {
        stated(&meta, seen.get("_meta").unwrap_or(&json!({})));
    }
}

fn stated(meta: &RequestMeta, seen: &Value) {
    let said = |name: &str| seen.get(name);
    assert_eq!(meta.version.as_deref(), said(meta::PROTOCOL_VERSION).and_then(Value::as_str));
    for (read, name) in [
        (&meta.client_capabilities, meta::CLIENT_CAPABILITIES),
        (&meta.client_info, meta::CLIENT_INFO),
    ] {
        let read = read.as_ref().map(|json| json.parse::<Value>().unwrap());
        assert_eq!(read.as_ref(), said(name));
        assert!(read.is_none_or(|read| read.is_object()));
    }
    assert_eq!(meta.log_level.map(|level| json!(level)).as_ref(), said(meta::LOG_LEVEL));
    let token = meta.progress_token.as_ref().map(|token| json!(token));
    assert_eq!(token.as_ref(), said("progressToken"));
    if let Some(trace) = &meta.trace {
        assert_eq!(said("traceparent"), Some(&json!(trace.parent)));
        assert!(trace.parent.is_ascii());
    }
}

fn refused(bad: &Malformed, seen: Option<&Value>) {
    match bad.code {
        code::PARSE_ERROR => assert_eq!(seen, None, "that is JSON"),
        other => assert_eq!(other, code::INVALID_REQUEST),
    }
    if let (Some(id), Some(seen)) = (&bad.id, seen) {
        assert_eq!(seen["id"], json!(id));
    }
    let text = envelope::write_error(bad.id.as_ref(), bad.code, bad.message, None);
    assert!(matches!(envelope::parse(&text, DEPTH), Ok(Incoming::Response(_))));
}

fn depth(value: &Value) -> usize {
    let deepest = |depths: &mut dyn Iterator<Item = usize>| 1 + depths.max().unwrap_or(0);
    match value {
        Value::Array(values) => deepest(&mut values.iter().map(depth)),
        Value::Object(members) => deepest(&mut members.values().map(depth)),
        _ => 0,
    }
}
