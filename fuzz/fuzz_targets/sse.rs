//! What is written as an event stream is read by its standard (HTML, section 9.2.6) as just those
//! messages, whatever they are made of.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use toolgate_transport::http::fuzzing::{KEEP_ALIVE, event};

fuzz_target!(|data: &[u8]| {
    let messages: Vec<&[u8]> = data.split(|byte| *byte == 0).collect();
    let mut stream = Vec::new();
    for message in &messages {
        stream.extend_from_slice(&event(message));
        stream.extend_from_slice(&KEEP_ALIVE);
    }
    let read = read(&stream);
    assert_eq!(read.len(), messages.len());
    for (event, message) in read.iter().zip(messages) {
        // One that says nothing has no name: it is a place to come back to.
        let kind: &[u8] = if message.is_empty() { b"" } else { b"message" };
        assert_eq!(event.kind, kind);
        // The standard knows one end of a line, so that is how each of them arrives.
        let expected: Vec<u8> =
            message.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect();
        assert_eq!(event.data, expected);
        if let Ok(json) = serde_json::from_slice::<Value>(message) {
            assert_eq!(serde_json::from_slice::<Value>(&event.data).unwrap(), json);
        }
    }
});

#[derive(Default)]
struct Event {
    kind: Vec<u8>,
    data: Vec<u8>,
}

/// The events that a browser would dispatch.
fn read(stream: &[u8]) -> Vec<Event> {
    let (mut events, mut event) = (Vec::new(), Event::default());
    for line in lines(stream) {
        if line.is_empty() {
            // Its last line end is taken off, and without data there is no event.
            if event.data.pop().is_some() {
                events.push(event);
            }
            event = Event::default();
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let value = line.get(colon + 1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match &line[..colon] {
            b"event" => event.kind = value.to_vec(),
            b"data" => {
                event.data.extend_from_slice(value);
                event.data.push(b'\n');
            }
            // `id`, `retry`, comments, and what nobody knows.
            _ => {}
        }
    }
    events
}

/// Lines that end with CR LF, LF or CR. What has no end is none.
fn lines(mut rest: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
        lines.push(&rest[..at]);
        let end = if rest[at..].starts_with(b"\r\n") { 2 } else { 1 };
        rest = &rest[at + end..];
    }
    lines
}
