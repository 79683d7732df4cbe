//! What was asked and what came back, as the steps judge it.

use std::fmt;

use serde_json::Value;

/// One request.
#[derive(Clone)]
pub(super) struct Ask {
    pub(super) method: &'static str,
    pub(super) url: String,
    pub(super) fields: Vec<(&'static str, String)>,
    pub(super) body: String,
}

impl Ask {
    pub(super) fn new(method: &'static str, url: &str) -> Self {
        Self { method, url: url.to_owned(), fields: Vec::new(), body: String::new() }
    }

    /// The same, with this field in place of any of its name.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.fields.push((name, value.into()));
        self
    }

    pub(super) fn bearer(self, token: &str) -> Self {
        self.with("Authorization", format!("Bearer {token}"))
    }

    /// The value of a field, for doubles of servers.
    #[cfg(test)]
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        fields.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }
}

// A field may hold a token.
impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url)
    }
}

/// One answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// Names in lower case, in the order in which they came.
    pub(super) fields: Vec<(String, String)>,
    /// The text, or of a stream the data of its first event.
    pub(super) body: String,
}

impl Reply {
    pub(super) fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// All values of a field as one list (RFC 9110, section 5.3).
    pub(super) fn field(&self, name: &str) -> Option<String> {
        let found = self.fields.iter().filter(|(known, _)| known == name);
        let values: Vec<&str> = found.map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// Whether a field that lists names has this one; the case counts for nothing.
    pub(super) fn lists(&self, field: &str, name: &str) -> bool {
        let listed = self.field(field).unwrap_or_default();
        listed.split(',').any(|it| it.trim().eq_ignore_ascii_case(name))
    }

    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.body).ok()
    }

    /// Whether it answers a JSON-RPC request with a result.
    pub(super) fn has_result(&self) -> bool {
        self.is_good() && self.json().is_some_and(|message| message.get("result").is_some())
    }
}

/// A request and what became of it.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    pub(super) ask: Ask,
    /// Or why there is no answer.
    pub(super) answer: Result<Reply, String>,
}

impl Exchange {
    pub(super) fn reply(&self) -> Option<&Reply> {
        self.answer.as_ref().ok()
    }

    pub(super) fn status(&self) -> Option<u16> {
        self.reply().map(|reply| reply.status)
    }

    /// What became of it, in a few words.
    pub(super) fn told(&self) -> String {
        match &self.answer {
            Ok(reply) if (300..400).contains(&reply.status) => {
                let to = reply.field("location").unwrap_or_default();
                format!("{} to {}", reply.status, quote(&to))
            }
            Ok(reply) => reply.status.to_string(),
            Err(why) => format!("no answer ({})", quote(why)),
        }
    }
}

/// How much of a server's own words is repeated, in characters.
const SHOWN: usize = 160;

/// A server's words, fit for a terminal.
pub(super) fn quote(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push_str("..");
    }
    format!("`{shown}`")
}
