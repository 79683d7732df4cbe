//! What is written down of every decision, and who takes it.

use std::{
    borrow::Cow,
    fmt,
    io::Write,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Serialize, Serializer, ser::SerializeMap};
use toolgate_protocol::{Json, RequestId};

use crate::identity::Key;

/// Takes the record of every decision: who asked for what, and what became of it.
///
/// Called on the way of the request, so it must be quick: what is slow belongs behind a channel of
/// the author's own, which should be bounded. A panic in it is caught by whoever catches those of the
/// request.
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use toolgate_core::audit::{Audit, Decision, Event};
///
/// #[derive(Default)]
/// struct Refusals(AtomicUsize);
///
/// impl Audit for Refusals {
///     fn record(&self, event: &Event<'_>) {
///         if event.decision != Decision::Allowed {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
/// ```
pub trait Audit: Send + Sync + 'static {
    /// Takes one decision.
    fn record(&self, event: &Event<'_>);

    /// Whether events may have the arguments of a request; they are left out unless this says so.
    fn wants_arguments(&self) -> bool {
        false
    }
}

impl<A: Audit + ?Sized> Audit for std::sync::Arc<A> {
    fn record(&self, event: &Event<'_>) {
        (**self).record(event);
    }

    fn wants_arguments(&self) -> bool {
        (**self).wants_arguments()
    }
}

/// One decision. Its serialized form has a stable name for each member, and leaves out those that are
/// not known:
///
/// | member | what it says |
/// |---|---|
/// | `time` | seconds since 1970, with the decimals of a millisecond |
/// | `action` | `authenticate`, `request`, `list` or `use` |
/// | `method` | of HTTP for `authenticate`, and for what a transport refuses; of MCP otherwise |
/// | `kind`, `item` | what is used: `tool`, `resource`, `template` or `prompt`, and its name, URI or URI template |
/// | `decision` | `allowed`, `refused`, `hidden`, `scopes`, `step_up`, `throttled`, `unavailable` or `failed`: what was decided, and not what became of it |
/// | `reason` | why, where it was not allowed; how many of how many for a list |
/// | `issuer`, `subject`, `client` | who, where that was verified |
/// | `peer` | the address that the request came from |
/// | `request_id`, `traceparent` | what the client calls the request by: its word, not ours |
/// | `latency_us` | how long deciding took, in microseconds |
/// | `arguments` | as sent, where the sink wants them |
/// | `arguments_bytes` | how many bytes they have, where it does not |
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Event<'a> {
    /// When.
    pub at: SystemTime,
    /// What was decided about.
    pub action: Action,
    /// The method: of HTTP where a request was authenticated or refused by a transport, of MCP otherwise.
    pub method: &'a str,
    /// What was to be used: its kind and its name.
    pub item: Option<(&'a str, &'a str)>,
    /// What was decided.
    pub decision: Decision,
    /// Why, in words for the operator. Never a token.
    pub reason: Cow<'a, str>,
    /// Who; none where nobody was verified.
    pub who: Option<&'a Key>,
    /// Where the request came from.
    pub peer: Option<IpAddr>,
    /// What the client calls the request by. Its word.
    pub request: Option<&'a RequestId>,
    /// The client's W3C trace context. Its word.
    pub traceparent: Option<&'a str>,
    /// How long deciding took.
    pub latency: Duration,
    /// The request's arguments. A sink that does not want them should not look; those of this crate
    /// write their size.
    pub arguments: Arguments<'a>,
}

/// What an event has of a request's arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Arguments<'a> {
    /// There are none.
    None,
    /// There are so many bytes of them.
    Redacted(usize),
    /// As they were sent.
    Shown(&'a Json),
}

impl<'a> Arguments<'a> {
    /// What a sink is given of them.
    pub fn of(arguments: Option<&'a Json>, sink: &dyn Audit) -> Self {
        match arguments {
            None => Self::None,
            Some(sent) if sink.wants_arguments() => Self::Shown(sent),
            Some(sent) => Self::Redacted(sent.as_bytes().len()),
        }
    }
}

/// What was decided about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Whether a request's credentials are good. What is let in is told of by what it then does.
    Authenticate,
    /// Whether a request is served at all, whatever it is about.
    Request,
    /// What a caller may see.
    List,
    /// Whether a caller may use an item.
    Use,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Decision {
    /// Yes.
    Allowed,
    /// No.
    Refused,
    /// No, and the caller is told that there is no such item.
    Hidden,
    /// Not without further scopes.
    Scopes,
    /// Not without a fresher or stronger login.
    StepUp,
    /// Not now: too many requests.
    Throttled,
    /// It could not be decided now.
    Unavailable,
    /// Whatever should decide has failed.
    Failed,
}

impl Action {
    /// The name that is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Authenticate => "authenticate",
            Self::Request => "request",
            Self::List => "list",
            Self::Use => "use",
        }
    }
}

impl Decision {
    /// The name that is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Hidden => "hidden",
            Self::Scopes => "scopes",
            Self::StepUp => "step_up",
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Failed => "failed",
        }
    }
}

impl<'a> Event<'a> {
    /// A decision of now, of which nothing else is known yet.
    pub fn new(action: Action, method: &'a str, decision: Decision) -> Self {
        Self {
            at: SystemTime::now(),
            action,
            method,
            item: None,
            decision,
            reason: Cow::Borrowed(""),
            who: None,
            peer: None,
            request: None,
            traceparent: None,
            latency: Duration::ZERO,
            arguments: Arguments::None,
        }
    }
}

impl Serialize for Event<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let at = self.at.duration_since(UNIX_EPOCH).unwrap_or_default();
        // Whole milliseconds are exact in a double for the next 285,000 years.
        #[expect(clippy::cast_precision_loss, reason = "see above")]
        map.serialize_entry("time", &(at.as_millis() as f64 / 1000.0))?;
        map.serialize_entry("action", self.action.name())?;
        map.serialize_entry("method", self.method)?;
        if let Some((kind, item)) = self.item {
            map.serialize_entry("kind", kind)?;
            map.serialize_entry("item", item)?;
        }
        map.serialize_entry("decision", self.decision.name())?;
        if !self.reason.is_empty() {
            map.serialize_entry("reason", &*self.reason)?;
        }
        if let Some(Key { issuer, subject, client }) = self.who {
            map.serialize_entry("issuer", issuer)?;
            map.serialize_entry("subject", subject)?;
            if let Some(client) = client {
                map.serialize_entry("client", client)?;
            }
        }
        if let Some(peer) = &self.peer {
            map.serialize_entry("peer", peer)?;
        }
        if let Some(id) = self.request {
            map.serialize_entry("request_id", id)?;
        }
        if let Some(parent) = self.traceparent {
            map.serialize_entry("traceparent", parent)?;
        }
        map.serialize_entry("latency_us", &u64::try_from(self.latency.as_micros()).ok())?;
        match self.arguments {
            Arguments::None => {}
            Arguments::Redacted(bytes) => map.serialize_entry("arguments_bytes", &bytes)?,
            Arguments::Shown(sent) => map.serialize_entry("arguments", sent)?,
        }
        map.end()
    }
}

/// Writes each decision as one line of JSON. A writer that blocks holds up the requests, so it
/// should be a file or a buffer; one that fails loses the line, and requests go on.
///
/// ```
/// use toolgate_core::audit::{Action, Audit, Decision, Event, Lines};
///
/// let lines = Lines::to(Vec::new());
/// lines.record(&Event::new(Action::Use, "tools/call", Decision::Allowed));
/// let written = String::from_utf8(lines.into_inner()).unwrap();
/// assert!(written.contains(r#""action":"use","method":"tools/call","decision":"allowed""#));
/// ```
pub struct Lines<W> {
    writer: Mutex<W>,
    arguments: bool,
}

impl<W: Write + Send + 'static> Lines<W> {
    /// Lines to a writer, without arguments.
    pub fn to(writer: W) -> Self {
        Self { writer: Mutex::new(writer), arguments: false }
    }

    /// The same, with the arguments of requests, which may be anything that people hold private.
    #[must_use]
    pub fn with_arguments(self) -> Self {
        Self { arguments: true, ..self }
    }

    /// The writer.
    pub fn into_inner(self) -> W {
        self.writer.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: Write + Send + 'static> Audit for Lines<W> {
    fn record(&self, event: &Event<'_>) {
        let Ok(mut line) = serde_json::to_vec(event) else { return };
        // Line breaks are left only between the tokens of what a client has sent, where a space is as
        // good; inside a string JSON has none.
        line.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
        line.push(b'\n');
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        // In one piece, so that lines of several processes do not mix in a file that is appended to.
        // There is nobody to tell of a failure that would not be told by the same writer.
        let _ = writer.write_all(&line).and_then(|()| writer.flush());
    }

    fn wants_arguments(&self) -> bool {
        self.arguments
    }
}

impl<W> fmt::Debug for Lines<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").field("arguments", &self.arguments).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(lines: Lines<Vec<u8>>, arguments: Option<&Json>) -> serde_json::Value {
        let key = Key::new("https://issuer.example", "ada\nforged").client("app");
        let mut event = Event::new(Action::Use, "tools/call", Decision::Scopes);
        event.at = UNIX_EPOCH + Duration::from_millis(1_500);
        event.item = Some(("tool", "write"));
        event.reason = "needs files:write".into();
        event.who = Some(&key);
        event.peer = Some([10, 0, 0, 1].into());
        event.latency = Duration::from_micros(7);
        event.arguments = Arguments::of(arguments, &lines);
        lines.record(&event);
        let text = String::from_utf8(lines.into_inner()).unwrap();
        assert_eq!(text.matches('\n').count(), 1, "one line, whatever a peer is called: {text}");
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn names_are_stable_and_arguments_are_left_out() {
        let arguments = Json::of(&serde_json::json!({ "text": "private" })).unwrap();
        let got = written(Lines::to(Vec::new()), Some(&arguments));
        let expected = serde_json::json!({
            "time": 1.5, "action": "use", "method": "tools/call", "kind": "tool", "item": "write",
            "decision": "scopes", "reason": "needs files:write",
            "issuer": "https://issuer.example", "subject": "ada\nforged", "client": "app",
            "peer": "10.0.0.1", "latency_us": 7, "arguments_bytes": 18,
        });
        assert_eq!(got, expected);
    }

    #[test]
    fn arguments_are_shown_where_they_are_wanted() {
        let arguments = Json::from_text("{\"text\":\r\n\n\"private\"}").unwrap();
        let got = written(Lines::to(Vec::new()).with_arguments(), Some(&arguments));
        assert_eq!(got["arguments"]["text"], "private");
        assert!(got.get("arguments_bytes").is_none());
        assert!(written(Lines::to(Vec::new()), None).get("arguments_bytes").is_none());
    }
}
