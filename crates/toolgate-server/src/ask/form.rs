//! Forms out of types: the schema of a `T`, as far as a form can ask for it.

mod field;
mod written;

use std::fmt;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use toolgate_core::protocol::{
    Json,
    elicitation::{Field, FormSchema},
};

pub use self::written::check_text;
pub(crate) use self::written::{fits, written};
use crate::{text::shape, tool::schema};

/// Whether a form can ask for a `T`; for tests of whoever writes one.
///
/// ```
/// use schemars::JsonSchema;
/// use toolgate_server::form;
///
/// #[derive(JsonSchema)]
/// struct Trip {
///     /// Where to.
///     city: String,
///     travellers: Option<u8>,
/// }
/// form::check::<Trip>().unwrap();
///
/// #[derive(JsonSchema)]
/// struct Nested {
///     trip: Trip,
/// }
/// assert!(form::check::<Nested>().unwrap_err().to_string().contains("`trip`"));
/// ```
///
/// # Errors
/// The field that it cannot ask for, and why (client features, "Elicitation", requested schema).
pub fn check<T: JsonSchema>() -> Result<(), FormError> {
    of_schema::<T>().map(|_| ())
}

/// What a form cannot ask for, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormError(String);

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FormError {}

/// What stands at the root of a struct's schema and restricts nothing by itself.
const PLAIN: &[&str] =
    &["type", "properties", "required", "title", "description", "default", "$defs"];

/// The form that asks for a `T`, its fields in the order of their declaration. A schema keeps them in
/// no order of its own.
pub(crate) fn form<T: DeserializeOwned + JsonSchema>() -> Result<FormSchema, FormError> {
    let mut form = of_schema::<T>()?;
    let names = shape::fields::<T>().unwrap_or_default();
    let place = |name: &str| names.iter().position(|it| *it == name).unwrap_or(names.len());
    form.properties.sort_by_key(|(name, _)| place(name));
    form.required.sort_by_key(|name| place(name));
    Ok(form)
}

fn of_schema<T: JsonSchema>() -> Result<FormSchema, FormError> {
    let schema = schema::read::<T>();
    let root = schema.as_object();
    let root = root.ok_or_else(|| FormError("a form is a struct with named fields".into()))?;
    of_root(root)
}

fn of_root(root: &Map<String, Value>) -> Result<FormSchema, FormError> {
    let refused = |name: &str| FormError(format!("a form is a struct of plain fields: `{name}`"));
    if root.get("type").and_then(Value::as_str) != Some("object") {
        return Err(refused("type"));
    }
    for (name, value) in root {
        let closed = name == "additionalProperties" && value.is_boolean();
        if !closed && !PLAIN.contains(&name.as_str()) {
            return Err(refused(name));
        }
    }
    let properties = root.get("properties").and_then(Value::as_object);
    let fields = properties.into_iter().flatten().map(|(name, schema)| {
        let wrong = |why| FormError(format!("a form cannot ask for `{name}`: {why}"));
        Ok((name.clone(), field::of(schema).map_err(wrong)?))
    });
    let required = root.get("required").and_then(Value::as_array).into_iter().flatten();
    let required = required.filter_map(Value::as_str).map(str::to_owned).collect();
    Ok(FormSchema::new(fields.collect::<Result<_, _>>()?, required))
}

/// Whether an answer keeps the bounds that its form stated; deserializing sees to the rest.
///
/// # Errors
/// The field and the bound.
pub(crate) fn within(form: &FormSchema, content: &Json) -> Result<(), String> {
    let content: Map<String, Value> = content.parse().map_err(|_| "no object".to_owned())?;
    for (name, field) in &form.properties {
        let value = content.get(name).filter(|value| !value.is_null());
        if value.is_some_and(|value| !keeps(field, value)) {
            return Err(format!("`{name}`: out of its bounds"));
        }
    }
    Ok(())
}

fn keeps(field: &Field, value: &Value) -> bool {
    let between = |count: usize, least: Option<u64>, most: Option<u64>| {
        let count = count as u64;
        least.is_none_or(|least| least <= count) && most.is_none_or(|most| count <= most)
    };
    match (field, value) {
        (Field::String(field), Value::String(text)) => {
            between(text.chars().count(), field.min_length, field.max_length)
        }
        (Field::Array(field), Value::Array(values)) => {
            between(values.len(), field.min_items, field.max_items)
        }
        (Field::Number(field) | Field::Integer(field), Value::Number(number)) => {
            let bound = |bound: &Option<serde_json::Number>| bound.as_ref()?.as_f64();
            let number = number.as_f64().unwrap_or(f64::NAN);
            bound(&field.minimum).is_none_or(|least| least <= number)
                && bound(&field.maximum).is_none_or(|most| number <= most)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests;
