//! What a client said that it can do, in the terms of the modern era: no more than its revision has.

use serde_json::{Map, Value};

use super::Revision;
use crate::json::Json;

/// Capabilities out of a handshake as a modern request would name them. What the revision does not
/// know counts as not said; what it has without saying so is said.
pub fn capabilities(revision: Revision, said: &Json) -> Json {
    let said: Map<String, Value> = said.parse().unwrap_or_default();
    let said = |name: &str| said.get(name).and_then(Value::as_object);
    let mut can = Map::new();
    if let Some(elicitation) = said("elicitation") {
        let elicitation = elicited(revision, elicitation);
        can.extend(elicitation.map(|elicitation| ("elicitation".into(), elicitation)));
    }
    if let Some(sampling) = said("sampling") {
        can.insert("sampling".into(), sampled(revision, sampling));
    }
    if said("roots").is_some() {
        // That the client would tell of changes means nothing to a server that asks each time.
        can.insert("roots".into(), empty());
    }
    if let Some(experimental) = said("experimental") {
        can.insert("experimental".into(), experimental.clone().into());
    }
    Json::of(&can).unwrap_or_else(|_| Json::object())
}

fn empty() -> Value {
    Map::new().into()
}

/// Forms came with one revision, pages with the next.
fn elicited(revision: Revision, said: &Map<String, Value>) -> Option<Value> {
    if revision < Revision::June2025 {
        return None;
    }
    let has = |mode: &str| said.get(mode).is_some_and(Value::is_object);
    let pages = revision >= Revision::November2025 && has("url");
    let mut can = Map::new();
    if has("form") || !pages {
        can.insert("form".into(), empty());
    }
    if pages {
        can.insert("url".into(), empty());
    }
    Some(can.into())
}

/// Context could be asked of everybody until it had a name of its own, which tools came with.
fn sampled(revision: Revision, said: &Map<String, Value>) -> Value {
    if revision < Revision::November2025 {
        return Map::from_iter([("context".into(), empty())]).into();
    }
    let named = ["context", "tools"]
        .into_iter()
        .filter(|name| said.get(*name).is_some_and(Value::is_object));
    named.map(|name| (name.to_owned(), empty())).collect::<Map<_, _>>().into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn can(revision: Revision, said: &Value) -> Value {
        capabilities(revision, &Json::of(said).unwrap()).parse().unwrap()
    }

    #[test]
    fn a_revision_can_what_it_has() {
        let all = json!({
            "elicitation": {"form": {}, "url": {}},
            "sampling": {"tools": {}, "context": {}},
            "roots": {"listChanged": true},
            "experimental": {"x": {"y": 1}},
            "tasks": {"list": {}},
            "extensions": {"a/b": {}},
        });
        let roots = json!({});
        let experimental = all["experimental"].clone();
        for (revision, expected) in [
            (
                Revision::November2025,
                json!({
                    "elicitation": {"form": {}, "url": {}}, "sampling": {"tools": {}, "context": {}},
                    "roots": roots, "experimental": experimental,
                }),
            ),
            (
                Revision::June2025,
                json!({
                    "elicitation": {"form": {}}, "sampling": {"context": {}},
                    "roots": roots, "experimental": experimental,
                }),
            ),
            (
                Revision::March2025,
                json!({
                    "sampling": {"context": {}}, "roots": roots, "experimental": experimental,
                }),
            ),
            (
                Revision::November2024,
                json!({
                    "sampling": {"context": {}}, "roots": roots, "experimental": experimental,
                }),
            ),
        ] {
            assert_eq!(can(revision, &all), expected, "{revision:?}");
        }
    }

    #[test]
    fn the_bare_capability_is_that_of_forms() {
        let form = json!({"elicitation": {"form": {}}});
        for (said, expected) in [
            (json!({"elicitation": {}}), form.clone()),
            (json!({"elicitation": {"form": {}}}), form.clone()),
            (json!({"elicitation": {"url": {}}}), json!({"elicitation": {"url": {}}})),
            (json!({"elicitation": {"other": {}}}), form),
            (json!({"elicitation": true, "sampling": [], "roots": null}), json!({})),
            (json!({"sampling": {}}), json!({"sampling": {}})),
            (json!({"sampling": {"tools": true}}), json!({"sampling": {}})),
            (json!({}), json!({})),
        ] {
            assert_eq!(can(Revision::November2025, &said), expected, "{said}");
        }
        let pages = json!({"elicitation": {"url": {}}});
        assert_eq!(can(Revision::June2025, &pages), json!({"elicitation": {"form": {}}}));
    }
}
