//! Forms that authors write themselves, where no type makes the one that they want.

use serde_json::{Map, Value};
use toolgate_core::protocol::{
    Json,
    elicitation::{Field, FormSchema},
};

use super::FormError;

/// Whether a text is a form as [`Form::schema`](crate::Form::schema) takes it; for tests of whoever
/// writes one.
///
/// ```
/// use toolgate_server::form;
///
/// let size = r#"{
///     "type": "object",
///     "properties": {
///         "size": {"type": "string", "enum": ["s", "l"], "enumNames": ["Small", "Large"]}
///     },
///     "required": ["size"]
/// }"#;
/// form::check_text(size).unwrap();
///
/// let nested = r#"{"type": "object", "properties": {"a": {"type": "object"}}}"#;
/// assert!(form::check_text(nested).is_err());
/// ```
///
/// # Errors
/// What is no form about it (client features, "Elicitation", requested schema).
pub fn check_text(schema: &str) -> Result<(), FormError> {
    written(schema).map(|_| ())
}

/// Reads a form out of its text.
pub(crate) fn written(text: &str) -> Result<FormSchema, FormError> {
    let wrong = |why: &dyn std::fmt::Display| FormError(format!("this is no form: {why}"));
    let form: FormSchema = serde_json::from_str(text).map_err(|error| wrong(&error))?;
    let said: Value = serde_json::from_str(text).map_err(|error| wrong(&error))?;
    let kept = serde_json::to_value(&form).map_err(|error| wrong(&error))?;
    // What was not read would not be asked, and the person told less than is wanted.
    if let Some(lost) = lost(&said, &kept, "") {
        return Err(wrong(&format_args!("a form has no `{lost}`")));
    }
    for name in &form.required {
        if !form.properties.iter().any(|(known, _)| known == name) {
            return Err(wrong(&format_args!("it requires `{name}`, which it does not ask for")));
        }
    }
    for (at, (name, field)) in form.properties.iter().enumerate() {
        if form.properties.iter().take(at).any(|(known, _)| known == name) {
            return Err(wrong(&format_args!("it asks for `{name}` twice")));
        }
        unsound(field).map_or(Ok(()), |why| Err(wrong(&format_args!("`{name}`: {why}"))))?;
    }
    Ok(form)
}

/// Where something was said that was not kept.
fn lost(said: &Value, kept: &Value, at: &str) -> Option<String> {
    match (said, kept) {
        (Value::Object(said), Value::Object(kept)) => said.iter().find_map(|(name, value)| {
            let at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            match kept.get(name) {
                Some(kept) => lost(value, kept, &at),
                // No list and an empty one say the same.
                None => (!value.as_array().is_some_and(Vec::is_empty)).then_some(at),
            }
        }),
        (Value::Array(said), Value::Array(kept)) if said.len() == kept.len() => {
            said.iter().zip(kept).find_map(|(said, kept)| lost(said, kept, at))
        }
        _ => (said != kept).then(|| at.to_owned()),
    }
}

fn unsound(field: &Field) -> Option<&'static str> {
    match field {
        Field::String(field) if !field.choices.is_empty() && !field.one_of.is_empty() => {
            Some("it has `enum` and `oneOf`")
        }
        Field::String(field)
            if !field.enum_names.is_empty() && field.enum_names.len() != field.choices.len() =>
        {
            Some("`enumNames` does not name each of `enum`")
        }
        Field::Array(field) if field.items.choices.is_empty() == field.items.any_of.is_empty() => {
            Some("its items have to be one of `enum` and `anyOf`")
        }
        _ => None,
    }
}

/// Whether an answer has what its form requires, and of the kinds that it asks for. A type that a
/// form was made of sees to that by itself; one beside a written form may take anything.
///
/// # Errors
/// The field.
pub(crate) fn fits(form: &FormSchema, content: &Json) -> Result<(), String> {
    let content: Map<String, Value> = content.parse().map_err(|_| "no object".to_owned())?;
    let value = |name: &str| content.get(name).filter(|value| !value.is_null());
    if let Some(name) = form.required.iter().find(|name| value(name).is_none()) {
        return Err(format!("`{name}` is missing"));
    }
    let wrong = form
        .properties
        .iter()
        .find(|(name, field)| value(name).is_some_and(|value| !is_of(field, value)));
    wrong.map_or(Ok(()), |(name, _)| Err(format!("`{name}`: not what was asked for")))
}

fn is_of(field: &Field, value: &Value) -> bool {
    match (field, value) {
        (Field::String(field), Value::String(text)) => {
            let choices = field.choices.iter().chain(field.one_of.iter().map(|it| &it.value));
            among(choices, text)
        }
        (Field::Array(field), Value::Array(values)) => values.iter().all(|value| {
            let items = &field.items;
            let choices = items.choices.iter().chain(items.any_of.iter().map(|it| &it.value));
            value.as_str().is_some_and(|text| among(choices, text))
        }),
        (Field::Integer(_), Value::Number(number)) => {
            number.as_f64().is_some_and(|number| number.fract() == 0.0)
        }
        (Field::Number(_), Value::Number(_)) | (Field::Boolean(_), Value::Bool(_)) => true,
        _ => false,
    }
}

/// Whether a text may be chosen; any where there is nothing to choose from.
fn among<'a>(mut choices: impl Iterator<Item = &'a String>, text: &str) -> bool {
    match choices.next() {
        Some(first) => first == text || choices.any(|choice| choice == text),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(properties: Value) -> Result<FormSchema, String> {
        let text = json!({"type": "object", "properties": properties}).to_string();
        written(&text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_form_is_taken_as_it_was_written_in_its_order() {
        let text = concat!(
            r#"{"type":"object","properties":{"#,
            r#""z":{"type":"string","enum":["a","b"],"enumNames":["A","B"],"default":"a"},"#,
            r#""y":{"type":"array","minItems":1,"items":{"anyOf":[{"const":"c","title":"C"}]}},"#,
            r#""x":{"type":"integer","minimum":1,"maximum":2}},"required":["z","x"]}"#,
        );
        assert_eq!(serde_json::to_string(&written(text).unwrap()).unwrap(), text);
        assert!(check_text(r#"{"type":"object","properties":{},"required":[]}"#).is_ok());
    }

    #[test]
    fn what_a_form_cannot_say_is_refused_and_named() {
        for (properties, named) in [
            (json!({"a": {"type": "object"}}), "object"),
            (json!({"a": {"type": "string", "pattern": "x"}}), "properties.a.pattern"),
            (
                json!({"a": {"type": "string", "oneOf": [{"const": "x", "title": "X", "icon": 1}]}}),
                "properties.a.oneOf.icon",
            ),
            (json!({"a": {"type": "string", "enum": ["x"], "enumNames": ["X", "Y"]}}), "`a`"),
            (json!({"a": {"type": "string", "enumNames": ["X"]}}), "`a`"),
            (
                json!({"a": {"type": "string", "enum": ["x"], "oneOf": [{"const": "x", "title": "X"}]}}),
                "`a`",
            ),
            (json!({"a": {"type": "array", "items": {"type": "string"}}}), "`a`"),
        ] {
            let why = form(properties.clone()).unwrap_err();
            assert!(why.contains(named), "{properties}: {why}");
        }
        for text in [
            "",
            "7",
            r#"{"type":"string"}"#,
            r#"{"type":"object","properties":{},"required":["a"]}"#,
            r#"{"type":"object","properties":{},"additionalProperties":false}"#,
            r#"{"type":"object","properties":{"a":{"type":"boolean"},"a":{"type":"boolean"}}}"#,
        ] {
            assert!(check_text(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_answer_has_what_was_asked_for() {
        let mut form = form(json!({
            "text": {"type": "string"},
            "one": {"type": "string", "enum": ["x", "y"]},
            "named": {"type": "string", "oneOf": [{"const": "x", "title": "X"}]},
            "several": {"type": "array", "items": {"type": "string", "enum": ["x", "y"]}},
            "whole": {"type": "integer"},
            "number": {"type": "number"},
            "yes": {"type": "boolean"},
        }))
        .unwrap();
        let fits = |form: &FormSchema, content: Value| fits(form, &Json::of(&content).unwrap());
        for fine in [
            json!({}),
            json!({"text": null}),
            json!({"text": "t", "one": "y", "named": "x", "several": ["x", "y"], "whole": 3,
                   "number": 3.5, "yes": false, "more": {}}),
            json!({"whole": 3.0}),
        ] {
            assert_eq!(fits(&form, fine.clone()), Ok(()), "{fine}");
        }
        for wrong in [
            json!([]),
            json!({"text": 1}),
            json!({"one": "z"}),
            json!({"named": "X"}),
            json!({"several": ["z"]}),
            json!({"several": [1]}),
            json!({"several": "x"}),
            json!({"whole": 3.5}),
            json!({"whole": "3"}),
            json!({"number": "3"}),
            json!({"yes": "true"}),
        ] {
            assert!(fits(&form, wrong.clone()).is_err(), "{wrong}");
        }
        form.required.push("yes".into());
        assert!(fits(&form, json!({})).is_err() && fits(&form, json!({"yes": null})).is_err());
        assert!(fits(&form, json!({"yes": true})).is_ok());
    }
}
