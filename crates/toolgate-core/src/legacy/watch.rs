//! What happens beside all requests, for clients of the old era: asked of the service with the one
//! request that the modern era has for it, and told in the old one's notifications.

use serde_json::{Map, Value};
use toolgate_protocol::{
    Json,
    listen::{Filter, Listen, Updated},
    meta::SUBSCRIPTION_ID,
    method,
};

use crate::{
    error::Error,
    request::{Note, Request},
};

/// What to listen for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Watch<'a> {
    /// Changes of any list.
    Lists,
    /// Changes of one resource.
    Resource(&'a str),
}

impl Watch<'_> {
    /// What the service is asked, in modern terms.
    ///
    /// # Errors
    /// `-32603` when it cannot be written, which no URI fails to be.
    pub fn request(self) -> Result<Request, Error> {
        let mut filter = Filter::default();
        match self {
            Self::Lists => {
                filter.tools_list_changed = true;
                filter.prompts_list_changed = true;
                filter.resources_list_changed = true;
            }
            Self::Resource(uri) => filter.resource_subscriptions.push(uri.into()),
        }
        let params = Json::of(&Listen::new(filter)).map_err(|_| Error::internal())?;
        Ok(Request::new(method::LISTEN, params))
    }
}

/// What a service that listens says.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Heard {
    /// It has begun. These resources are watched, of those that were asked for.
    Begun(Vec<String>),
    /// What the client is told.
    Note(Note),
}

/// Reads a note of a service that listens. What ties it to a request of the modern era is taken off:
/// the old one has none.
pub fn heard(note: Note) -> Heard {
    let Ok(mut params) = note.params.parse::<Map<String, Value>>() else {
        return Heard::Note(note);
    };
    if note.method == method::ACKNOWLEDGED {
        let begun = note.params.parse::<Listen>().unwrap_or_default();
        return Heard::Begun(begun.notifications.resource_subscriptions);
    }
    let Some(meta) = params.get_mut("_meta").and_then(Value::as_object_mut) else {
        return Heard::Note(note);
    };
    if meta.remove(SUBSCRIPTION_ID).is_none() {
        return Heard::Note(note);
    }
    if meta.is_empty() {
        params.remove("_meta");
    }
    match Json::of(&params) {
        Ok(params) => Heard::Note(Note { method: note.method, params }),
        Err(_) => Heard::Note(note),
    }
}

/// The note that a resource may have changed.
///
/// # Errors
/// `-32603` when it cannot be written, which no URI fails to be.
pub fn updated(uri: &str) -> Result<Note, Error> {
    Note::of(method::RESOURCE_UPDATED, &Updated::new(uri))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn note(method: &'static str, params: Value) -> Note {
        Note::of(method, &params).unwrap()
    }

    fn told(params: Value) -> Value {
        match heard(note("notifications/resources/updated", params)) {
            Heard::Note(note) => note.params.parse().unwrap(),
            Heard::Begun(_) => panic!("no first word"),
        }
    }

    #[test]
    fn lists_and_resources_are_asked_for_as_the_modern_era_has_it() {
        let params = |watch: Watch<'_>| -> Value {
            let request = watch.request().unwrap();
            assert_eq!(request.method, "subscriptions/listen");
            request.params.parse().unwrap()
        };
        let all = json!({
            "toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": true,
        });
        assert_eq!(params(Watch::Lists), json!({ "notifications": all }));
        let one = json!({ "resourceSubscriptions": ["a://b"] });
        assert_eq!(params(Watch::Resource("a://b")), json!({ "notifications": one }));
    }

    #[test]
    fn what_ties_a_note_to_a_request_is_taken_off_and_nothing_else() {
        let id = || json!({ SUBSCRIPTION_ID: 7 });
        assert_eq!(told(json!({ "_meta": id() })), json!({}));
        let both = json!({ SUBSCRIPTION_ID: 7, "a/b": 1 });
        assert_eq!(
            told(json!({ "uri": "a://b", "_meta": both })),
            json!({ "uri": "a://b", "_meta": { "a/b": 1 } })
        );
        for other in [json!({}), json!({ "_meta": { "a/b": 1 } }), json!({ "_meta": 1 })] {
            assert_eq!(told(other.clone()), other);
        }
    }

    #[test]
    fn the_first_word_tells_what_is_watched() {
        let begun = |params| match heard(note(method::ACKNOWLEDGED, params)) {
            Heard::Begun(uris) => uris,
            Heard::Note(_) => panic!("a first word"),
        };
        let honoured = json!({ "resourceSubscriptions": ["a://b"] });
        assert_eq!(begun(json!({ "notifications": honoured })), ["a://b"]);
        assert!(begun(json!({ "notifications": { "toolsListChanged": true } })).is_empty());
        assert!(begun(json!({})).is_empty());
    }
}
