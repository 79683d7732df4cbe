//! Derived schemas in words that every client takes. What some stumble over is said otherwise, or
//! left out where the type that is read sees to it anyway.

use serde_json::{Map, Value, json};

type Members = Map<String, Value>;

/// Whose words a schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// What clients send. It may promise less than is taken: the type still decides.
    Sent,
    /// What clients are sent. It has to hold for every answer.
    Answered,
}

/// Rewrites a schema and all within it.
pub(super) fn mend(schema: &mut Value, side: Side) {
    let Some(members) = schema.as_object_mut() else { return };
    for (keyword, value) in members.iter_mut() {
        match (keyword.as_str(), value) {
            ("properties" | "patternProperties" | "$defs", Value::Object(named)) => {
                named.values_mut().for_each(|schema| mend(schema, side));
            }
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(several)) => {
                several.iter_mut().for_each(|schema| mend(schema, side));
            }
            ("items" | "additionalProperties" | "unevaluatedProperties", value) => {
                mend(value, side);
            }
            _ => {}
        }
    }
    formats(members);
    choices(members);
    tuples(members);
    if side == Side::Sent {
        optional(members);
        bounds(members);
        silent(members);
    }
}

/// Formats of JSON Schema (2020-12, validation, section 7.3). Those of numbers are others' inventions,
/// and say no more than the bounds beside them.
fn formats(members: &mut Members) {
    const KNOWN: &[&str] = &[
        "date",
        "date-time",
        "duration",
        "email",
        "hostname",
        "idn-email",
        "idn-hostname",
        "ipv4",
        "ipv6",
        "iri",
        "iri-reference",
        "json-pointer",
        "regex",
        "relative-json-pointer",
        "time",
        "uri",
        "uri-reference",
        "uri-template",
        "uuid",
    ];
    let known = |format: &Value| format.as_str().is_some_and(|format| KNOWN.contains(&format));
    if !members.get("format").is_none_or(known) {
        members.remove("format");
    }
}

/// Texts to choose from as one `enum`, what is said of each in the description.
fn choices(members: &mut Members) {
    if members.get("const").is_some_and(Value::is_string) {
        let only = members.remove("const");
        members.insert("enum".into(), Value::Array(only.into_iter().collect()));
        members.entry("type").or_insert_with(|| "string".into());
    }
    for keyword in ["oneOf", "anyOf"] {
        let Some(choices) = members.get(keyword).and_then(texts) else { continue };
        members.remove(keyword);
        let (texts, words): (Vec<_>, Vec<_>) = choices.into_iter().unzip();
        members.insert("type".into(), "string".into());
        members.insert("enum".into(), texts.into());
        let words = words.into_iter().flatten().collect::<Vec<_>>().join("\n");
        describe(members, &words);
    }
}

/// The texts of choices that are nothing else, each with a line about it.
fn texts(choices: &Value) -> Option<Vec<(Value, Option<String>)>> {
    let mut texts = Vec::new();
    for choice in choices.as_array()? {
        let choice = choice.as_object()?;
        let known = ["type", "enum", "description"];
        if !choice.keys().all(|keyword| known.contains(&keyword.as_str())) {
            return None;
        }
        let words = choice.get("description").and_then(Value::as_str);
        for text in choice.get("enum")?.as_array()? {
            let name = text.as_str()?;
            let line = words.map(|words| {
                let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
                format!("- `{name}`: {words}")
            });
            texts.push((text.clone(), line));
        }
    }
    (!texts.is_empty()).then_some(texts)
}

/// A tuple of equals is a list of that length.
fn tuples(members: &mut Members) {
    let Some([first, rest @ ..]) =
        members.get("prefixItems").and_then(Value::as_array).map(Vec::as_slice)
    else {
        return;
    };
    let count = Some(1 + rest.len() as u64);
    let bound = |keyword| members.get(keyword).and_then(Value::as_u64);
    let exact = bound("minItems") == count && bound("maxItems") == count;
    if exact && !members.contains_key("items") && rest.iter().all(|other| other == first) {
        let first = first.clone();
        members.remove("prefixItems");
        members.insert("items".into(), first);
    }
}

/// What may be left out need not be `null` too.
fn optional(members: &mut Members) {
    let required = members.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let Some(properties) = members.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    for (name, property) in properties {
        if !required.iter().any(|it| it == name)
            && let Some(property) = property.as_object_mut()
        {
            without_null(property);
        }
    }
}

fn without_null(members: &mut Members) {
    if let Some(Value::Array(kinds)) = members.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [only] = kinds.as_slice() {
            let only = only.clone();
            members.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(values)) = members.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if members.get("default").is_some_and(Value::is_null) {
        members.remove("default");
    }
    let Some(Value::Array(choices)) = members.get_mut("anyOf") else { return };
    choices.retain(|choice| *choice != json!({ "type": "null" }));
    if let [Value::Object(only)] = choices.as_mut_slice() {
        let mut only = std::mem::take(only);
        members.remove("anyOf");
        let words = only.remove("description");
        // What is said of the field itself stands.
        only.into_iter().for_each(|(keyword, value)| {
            members.entry(keyword).or_insert(value);
        });
        describe(members, words.as_ref().and_then(Value::as_str).unwrap_or_default());
    }
}

/// Bounds of integers that are part of what they bound.
fn bounds(members: &mut Members) {
    if members.get("type").is_none_or(|kind| kind != "integer") {
        return;
    }
    for (beyond, within, step) in
        [("exclusiveMinimum", "minimum", 1), ("exclusiveMaximum", "maximum", -1)]
    {
        let whole = members.get(beyond).and_then(Value::as_i64);
        if let Some(bound) = whole.and_then(|bound| bound.checked_add(step))
            && !members.contains_key(within)
        {
            members.remove(beyond);
            members.insert(within.into(), bound.into());
        }
    }
}

/// Keywords that tell a client nothing that it could act on.
fn silent(members: &mut Members) {
    for keyword in ["readOnly", "writeOnly", "uniqueItems"] {
        members.remove(keyword);
    }
    if members.remove("deprecated") == Some(Value::Bool(true)) {
        describe(members, "Deprecated.");
    }
}

/// Adds to what is said of a value.
fn describe(members: &mut Members, more: &str) {
    let words = members.get("description").and_then(Value::as_str).unwrap_or_default();
    let words = [words, more].into_iter().filter(|words| !words.is_empty());
    let words = words.collect::<Vec<_>>().join("\n");
    if !words.is_empty() {
        members.insert("description".into(), words.into());
    }
}
