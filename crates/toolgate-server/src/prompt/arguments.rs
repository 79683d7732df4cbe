//! The arguments of a prompt, out of the schema of the type that takes them.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use toolgate_core::protocol::prompt::PromptArgument;

use crate::{text::shape, tool::schema};

/// An argument, and the values that it may have where these are known.
pub(crate) type Argument = (PromptArgument, Vec<String>);

/// The arguments of a type, in the order of its fields.
///
/// # Errors
/// When one cannot be text, or there are no names for them.
pub(crate) fn of<A: DeserializeOwned + JsonSchema>() -> Result<Vec<Argument>, String> {
    let schema = schema::input::<A>();
    match schema.get("type").and_then(Value::as_str) {
        Some("object") => {}
        Some("null") => return Ok(Vec::new()),
        _ => return Err("its arguments are no object: use a struct with named fields".into()),
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    let required = schema.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|names| names.iter().any(|it| it.as_str() == Some(name)));
    let mut arguments = Vec::new();
    for (name, property) in properties.into_iter().flatten() {
        arguments.push(argument(name, property, is_required(name))?);
    }
    let fields = shape::fields::<A>().unwrap_or_default();
    arguments.sort_by_key(|(argument, _)| fields.iter().position(|field| *field == argument.name));
    Ok(arguments)
}

fn argument(name: &str, property: &Value, required: bool) -> Result<Argument, String> {
    if property.get("type").is_some_and(|kind| kind == "object") {
        return Err(format!("its argument `{name}` is an object, and arguments are text"));
    }
    let text = |member| property.get(member).and_then(Value::as_str).map(str::to_owned);
    let mut argument = PromptArgument::new(name);
    argument.title = text("title");
    argument.description = text("description");
    argument.required = required;
    let mut choices = Vec::new();
    if let Some(property) = property.as_object() {
        collect(property, &mut choices);
    }
    Ok((argument, choices))
}

/// The texts of an enum, also of one that may be left out, or whose variants say more of themselves.
fn collect(schema: &Map<String, Value>, choices: &mut Vec<String>) {
    let values = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    let values = values.chain(schema.get("const")).filter_map(Value::as_str);
    choices.extend(values.map(str::to_owned));
    for member in ["oneOf", "anyOf"] {
        let inner = schema.get(member).and_then(Value::as_array).into_iter().flatten();
        inner.filter_map(Value::as_object).for_each(|inner| collect(inner, choices));
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Review {
        /// Where.
        zone: String,
        mood: Option<Mood>,
        #[schemars(title = "Days")]
        #[serde(default)]
        days: u8,
        plain: Plain,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Mood {
        /// Kind words.
        Kind,
        /// Harsh words.
        Harsh,
    }

    #[derive(Deserialize, JsonSchema)]
    enum Plain {
        A,
        B,
    }

    #[test]
    fn arguments_come_from_the_fields_in_order() {
        let arguments = of::<Review>().unwrap();
        let short: Vec<_> = arguments
            .iter()
            .map(|(argument, choices)| {
                (argument.name.as_str(), argument.required, choices.join(" "))
            })
            .collect();
        let expected = [
            ("zone", true, String::new()),
            ("mood", false, "kind harsh".into()),
            ("days", false, String::new()),
            ("plain", true, "A B".into()),
        ];
        assert_eq!(short, expected);
        assert_eq!(arguments[0].0.description.as_deref(), Some("Where."));
        assert_eq!(arguments[2].0.title.as_deref(), Some("Days"));
    }

    #[test]
    fn what_cannot_be_text_is_refused() {
        #[derive(Deserialize, JsonSchema)]
        #[expect(dead_code, reason = "only its schema is wanted")]
        struct Nested {
            inner: Inner,
        }
        #[derive(Deserialize, JsonSchema)]
        #[expect(dead_code, reason = "only its schema is wanted")]
        struct Inner {
            a: u8,
        }
        assert!(of::<Nested>().unwrap_err().contains("`inner`"));
        assert!(of::<Vec<u8>>().is_err());
        assert!(of::<()>().unwrap().is_empty());
    }
}
