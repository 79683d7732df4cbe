//! Every message has one era, by the table of `classify`, and what the old era asks is turned into
//! what the modern one accepts.
//!
//! An input is the revision of the header, the method, and the parameters, a line each; `-` is none.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use toolgate_core::{
    Error,
    era::{self, required, supported},
    legacy::{Conversation, Era, SessionId, Signs, Turn, classify, read},
};
use toolgate_protocol::{
    Json, Members, Params, RequestMeta, code,
    legacy::{INITIALIZE, PING, Revision, SET_LEVEL, SUBSCRIBE, UNSUBSCRIBE, down, lowers},
    method,
    version::MODERN,
};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    let mut lines = text.splitn(3, '\n');
    let mut next = || lines.next().filter(|line| *line != "-");
    let (header, asked, params) = (next(), next(), next().unwrap_or("{}"));
    if let Some(header) = header {
        named(header);
    }
    let Ok(params) = Json::from_text(params.to_owned()) else { return };
    let Ok((params, said)) = era::split(&params) else { return };
    let named = said.version.is_some() || said.client_capabilities.is_some();
    let era = classify(Signs { method: asked, named, header });
    assert_eq!(era, by_the_table(named, asked, header));
    if let Some(asked) = asked {
        old(era, asked, &params, &said);
        modern(era, asked, &params, &said);
    }
    lowered(params.json());
});

fn by_the_table(named: bool, asked: Option<&str>, header: Option<&str>) -> Era {
    let old = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
    match (named, asked, header) {
        (true, _, _) => Era::Modern,
        (_, Some("initialize"), _) => Era::Legacy,
        (_, Some("server/discover" | "subscriptions/listen"), _) => Era::Modern,
        (_, _, None) => Era::Legacy,
        (_, _, Some(name)) if old.contains(&name) => Era::Legacy,
        _ => Era::Modern,
    }
}

fn old(era: Era, asked: &str, params: &Params<'_>, said: &RequestMeta) {
    let turn = read(asked, params);
    let only_modern = [method::DISCOVER, method::LISTEN].contains(&asked);
    assert_eq!(only_modern, code_of(&turn) == Some(code::METHOD_NOT_FOUND));
    assert!(!(only_modern && era == Era::Legacy));
    match (asked, &turn) {
        (INITIALIZE, Ok(Turn::Handshake(_))) | (PING, Ok(Turn::Ping)) => {}
        (SET_LEVEL, Ok(Turn::SetLevel(_))) => {}
        (SUBSCRIBE, Ok(Turn::Subscribe(uri))) | (UNSUBSCRIBE, Ok(Turn::Unsubscribe(uri))) => {
            assert!(!uri.is_empty() && params.text("uri").as_deref() == Some(uri));
        }
        (INITIALIZE | SET_LEVEL | SUBSCRIBE | UNSUBSCRIBE, Err(error)) => {
            assert_eq!(error.code(), code::INVALID_PARAMS);
        }
        (_, Err(_)) => assert!(only_modern),
        (_, turn) => assert!(matches!(turn, Ok(Turn::Call)), "{asked} became {turn:?}"),
    }
    if let Ok(Turn::Handshake(begun)) = turn {
        assert!(begun.capabilities.is_object());
        assert!(begun.client_info.iter().all(Json::is_object));
        let asked = params.text("protocolVersion").expect("there is one to agree on");
        assert!(begun.revision.as_str() == asked || begun.revision == Revision::LATEST);
        let revision = begun.revision.as_str();
        let meta = Conversation::new(begun).meta(said.clone());
        assert_eq!(meta.progress_token, said.progress_token);
        assert_eq!(required(method::TOOLS_LIST, params, &meta).unwrap(), revision);
    }
}

fn modern(era: Era, asked: &str, params: &Params<'_>, said: &RequestMeta) {
    let complete = said.version.is_some() && said.client_capabilities.is_some();
    match required(asked, params, said) {
        Ok(version) => {
            assert!(complete && era == Era::Modern);
            assert_eq!(said.version.as_deref(), Some(version));
            served(version);
        }
        Err(error) => {
            assert!(!complete);
            let nothing = said.version.is_none() && said.client_capabilities.is_none();
            let is_handshake = nothing && asked == INITIALIZE;
            assert_eq!(error.code() == code::UNSUPPORTED_VERSION, is_handshake);
            assert!(is_handshake || error.code() == code::INVALID_PARAMS);
        }
    }
}

fn served(version: &str) {
    match supported(version) {
        Ok(()) => assert_eq!(version, MODERN),
        Err(error) => {
            assert_ne!(version, MODERN);
            let data: Value = error.data().expect("the versions").parse().expect("as JSON");
            assert_eq!(data["requested"], version);
        }
    }
}

/// Names that stand in headers.
fn named(header: &str) {
    let revision = Revision::parse(header);
    assert!(revision.is_none_or(|revision| revision.as_str() == header));
    assert_eq!(Revision::negotiate(header), revision.unwrap_or(Revision::LATEST));
    let is_id = (1..=128).contains(&header.len()) && header.bytes().all(|it| it.is_ascii_graphic());
    let id = SessionId::parse(header);
    assert_eq!(id.as_ref().map(SessionId::as_str), is_id.then_some(header));
}

const LISTS_AND_RESULTS: [&str; 7] = [
    method::TOOLS_LIST,
    method::TOOLS_CALL,
    method::RESOURCES_LIST,
    method::TEMPLATES_LIST,
    method::RESOURCES_READ,
    method::PROMPTS_LIST,
    method::PROMPTS_GET,
];

/// A result, in the form of each revision: once is enough.
fn lowered(result: &Json) {
    let Ok(members) = Members::of(result) else { return };
    for revision in Revision::ALL {
        for asked in LISTS_AND_RESULTS {
            let Some(once) = down(revision, asked, &members) else { continue };
            assert!(lowers(revision, asked));
            let once = numberless(once.to_object().parse().unwrap());
            let drops = asked == method::TOOLS_CALL && revision < Revision::June2025;
            assert!(!drops || once.get("structuredContent").is_none());
            let members = Members::of(&once).unwrap();
            // None where nothing is left to be lowered.
            let twice = down(revision, asked, &members).unwrap_or(members);
            assert_eq!(twice.to_object().parse::<Value>().unwrap(), once);
        }
    }
}

/// The same without numbers: those are rounded each time that they are read.
fn numberless(value: Value) -> Value {
    match value {
        Value::Number(_) => Value::Null,
        Value::Array(values) => values.into_iter().map(numberless).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, numberless(value))).collect()
        }
        value => value,
    }
}

fn code_of<T>(result: &Result<T, Error>) -> Option<i32> {
    result.as_ref().err().map(Error::code)
}
