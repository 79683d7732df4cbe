//! One field of a form, out of the schema of one member.

use serde_json::{Map, Number, Value};
use toolgate_core::protocol::elicitation::{
    ArrayField, BooleanField, Choice, Field, Format, Items, NumberField, StringField,
};

type Schema = Map<String, Value>;

/// What restricts nothing that deserializing does not restrict too.
const SILENT: &[&str] = &[
    "type",
    "title",
    "description",
    "default",
    "format",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "uniqueItems",
];

/// The field that asks for what `schema` describes.
///
/// # Errors
/// Why none can.
pub(super) fn of(schema: &Value) -> Result<Field, String> {
    let schema = schema.as_object().ok_or("it may be anything")?;
    let schema = &without_null(schema);
    if let Some(choices) = choices(schema)? {
        only(schema, &["enum", "const", "oneOf"])?;
        return one_of(schema, choices);
    }
    match kind(schema)? {
        "string" => string(schema),
        "number" => Ok(Field::Number(number(schema)?)),
        "integer" => Ok(Field::Integer(number(schema)?)),
        "boolean" => {
            only(schema, &[])?;
            let mut field = BooleanField::default();
            (field.title, field.description) = said(schema);
            field.default = default(schema, Value::as_bool)?;
            Ok(Field::Boolean(field))
        }
        "array" => several_of(schema),
        "object" => Err("a form is flat, and this is an object".into()),
        other => Err(format!("`{other}` is no type that a form has")),
    }
}

/// The schema of what is there when something is there: a form leaves out what is not.
fn without_null(schema: &Schema) -> Schema {
    let mut plain = schema.clone();
    if let Some(Value::Array(branches)) = plain.get("anyOf") {
        let is_null = |branch: &Value| branch.get("type").and_then(Value::as_str) == Some("null");
        let mut rest = branches.iter().filter(|branch| !is_null(branch));
        if let (Some(Value::Object(only)), None) = (rest.next(), rest.next()) {
            let mut inner = only.clone();
            plain.remove("anyOf");
            // What is said of the member goes before what is said of its type.
            inner.append(&mut plain);
            plain = inner;
        }
    }
    if let Some(Value::Array(kinds)) = plain.get("type") {
        let mut kinds = kinds.iter().filter(|kind| *kind != "null");
        if let (Some(kind), None) = (kinds.next().cloned(), kinds.next()) {
            plain.insert("type".into(), kind);
        }
    }
    if let Some(Value::Array(values)) = plain.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if plain.get("default").is_some_and(Value::is_null) {
        plain.remove("default");
    }
    plain
}

fn kind(schema: &Schema) -> Result<&str, String> {
    match schema.get("type") {
        Some(Value::String(kind)) => Ok(kind),
        _ if schema.contains_key("$ref") => Err("it contains itself".into()),
        _ => Err("it has no single type".into()),
    }
}

/// Refuses what a form cannot say, lest the person be told less than is asked.
fn only(schema: &Schema, more: &[&str]) -> Result<(), String> {
    let known = |name: &str| SILENT.contains(&name) || more.contains(&name);
    match schema.keys().find(|name| !known(name)) {
        Some(name) => Err(format!("a form has no `{name}`")),
        None => Ok(()),
    }
}

fn said(schema: &Schema) -> (Option<String>, Option<String>) {
    let text = |name| schema.get(name).and_then(Value::as_str).map(str::to_owned);
    (text("title"), text("description"))
}

fn default<'a, T>(
    schema: &'a Schema,
    read: impl FnOnce(&'a Value) -> Option<T>,
) -> Result<Option<T>, String> {
    let value = schema.get("default");
    value.map(|value| read(value).ok_or("its default is of another type".into())).transpose()
}

fn count(schema: &Schema, name: &str) -> Option<u64> {
    schema.get(name).and_then(Value::as_u64)
}

fn string(schema: &Schema) -> Result<Field, String> {
    only(schema, &["minLength", "maxLength"])?;
    let mut field = StringField::default();
    (field.title, field.description) = said(schema);
    (field.min_length, field.max_length) = (count(schema, "minLength"), count(schema, "maxLength"));
    // Others mean something to the type, which will look, but nothing to a form.
    field.format = match schema.get("format").and_then(Value::as_str) {
        Some("email") => Some(Format::Email),
        Some("uri") => Some(Format::Uri),
        Some("date") => Some(Format::Date),
        Some("date-time") => Some(Format::DateTime),
        _ => None,
    };
    field.default = default(schema, |value| value.as_str().map(str::to_owned))?;
    Ok(Field::String(field))
}

fn number(schema: &Schema) -> Result<NumberField, String> {
    only(schema, &["minimum", "maximum"])?;
    let read = |value: &Value| match value {
        Value::Number(number) => Some(number.clone()),
        _ => None,
    };
    let bound = |name: &str| -> Option<Number> { schema.get(name).and_then(read) };
    let mut field = NumberField::default();
    (field.title, field.description) = said(schema);
    (field.minimum, field.maximum) = (bound("minimum"), bound("maximum"));
    field.default = default(schema, read)?;
    Ok(field)
}

fn one_of(schema: &Schema, choices: Vec<Variant>) -> Result<Field, String> {
    let mut field = StringField::default();
    (field.title, field.description) = said(schema);
    match labelled(choices) {
        Ok(titled) => field.one_of = titled,
        Err(plain) => field.choices = plain,
    }
    field.default = default(schema, |value| value.as_str().map(str::to_owned))?;
    Ok(Field::String(field))
}

fn several_of(schema: &Schema) -> Result<Field, String> {
    only(schema, &["items", "minItems", "maxItems"])?;
    let items = schema.get("items").and_then(Value::as_object);
    let choices = items.map(choices).transpose()?.flatten();
    let choices = choices.ok_or("a form can ask for several only of a unit enum")?;
    let mut field = ArrayField::default();
    (field.title, field.description) = said(schema);
    (field.min_items, field.max_items) = (count(schema, "minItems"), count(schema, "maxItems"));
    field.items = match labelled(choices) {
        Ok(titled) => Items::titled(titled),
        Err(plain) => Items::plain(plain),
    };
    let texts = |value: &Value| -> Option<Vec<String>> {
        value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
    };
    field.default = default(schema, texts)?;
    Ok(Field::Array(field))
}

/// A value, and its label where it has one.
type Variant = (String, Option<String>);

/// The values of a unit enum; none where the schema is no enum's.
fn choices(schema: &Schema) -> Result<Option<Vec<Variant>>, String> {
    let Some(branches) = schema.get("oneOf") else {
        let is_enum = schema.contains_key("enum") || schema.contains_key("const");
        return is_enum.then(|| values(schema)).transpose();
    };
    let branches = branches.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut all = Vec::new();
    for branch in branches {
        let branch = branch.as_object().ok_or("a variant may be anything")?;
        only(branch, &["const", "enum"])?;
        all.extend(values(branch)?);
    }
    Ok(Some(all))
}

fn values(schema: &Schema) -> Result<Vec<Variant>, String> {
    let (title, description) = said(schema);
    let text = |value: &Value| -> Result<String, String> {
        value
            .as_str()
            .map(str::to_owned)
            .ok_or("a choice is a text, and a variant of it is none".into())
    };
    if let Some(value) = schema.get("const") {
        // One line is a label; more would be a page.
        let label = title
            .or(description)
            .map(|label| label.lines().next().unwrap_or_default().trim_end_matches('.').to_owned());
        return Ok(vec![(text(value)?, label)]);
    }
    let values = schema.get("enum").and_then(Value::as_array);
    let values = values.ok_or("a variant of it holds fields")?;
    values.iter().map(|value| Ok((text(value)?, None))).collect()
}

/// With labels where any has one, which then is its own value for those without.
fn labelled(choices: Vec<Variant>) -> Result<Vec<Choice>, Vec<String>> {
    if choices.iter().all(|(_, label)| label.is_none()) {
        return Err(choices.into_iter().map(|(value, _)| value).collect());
    }
    let titled = choices.into_iter().map(|(value, label)| {
        let title = label.unwrap_or_else(|| value.clone());
        Choice::new(value, title)
    });
    Ok(titled.collect())
}
