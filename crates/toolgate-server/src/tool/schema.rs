//! JSON Schemas: derived ones made plain, and mirrored arguments found in them.

use schemars::{JsonSchema, Schema, generate::SchemaSettings, json_schema};
use serde_json::{Map, Value};
use toolgate_core::{
    card::{ParamHeader, ParamKind},
    protocol::{Json, Members},
};

mod portable;
mod recursion;

use self::portable::{Side, mend};
pub(crate) use self::recursion::find as find_recursion;

/// The schema of what is read as a `T`, as it is derived.
pub(crate) fn read<T: JsonSchema>() -> Schema {
    plain(generated::<T>(SchemaSettings::draft2020_12().for_deserialize()))
}

/// The schema of a tool's arguments.
pub(crate) fn input<T: JsonSchema>() -> Schema {
    let schema = generated::<T>(SchemaSettings::draft2020_12().for_deserialize());
    if is_written(&schema) {
        return schema;
    }
    let mut schema = mended(plain(schema), Side::Sent);
    // An enum's schema is a choice without a type of its own; the protocol wants it said.
    if schema.get("type").is_none() {
        schema.insert("type".into(), "object".into());
    }
    if is_object_schema(&schema) && schema.get("properties").is_none() {
        schema.insert("properties".into(), Value::Object(Map::new()));
    }
    schema
}

/// The schema of a tool's answer. What is written is not what is read: a member may be left out.
pub(crate) fn output<T: JsonSchema>() -> Schema {
    let schema = generated::<T>(SchemaSettings::draft2020_12().for_serialize());
    if is_written(&schema) { schema } else { mended(plain(schema), Side::Answered) }
}

/// The schema of an answer as the protocol wants it, an object at its root, and whether values have
/// to be wrapped for it.
pub(crate) fn rooted(mut schema: Schema) -> (Schema, bool) {
    if is_object_schema(&schema) {
        return (schema, false);
    }
    // References lead from the root, and the dialect is named there alone (JSON Schema 2020-12, section
    // 8.1.1).
    let (types, dialect) = (schema.remove("$defs"), schema.remove("$schema"));
    let mut result = schema.to_value();
    moved(&mut result);
    let mut wrapped = json_schema!({
        "type": "object",
        "properties": { "result": result },
        "required": ["result"],
    });
    if let Some(mut types) = types {
        moved(&mut types);
        wrapped.insert("$defs".into(), types);
    }
    if let Some(dialect) = dialect {
        wrapped.insert("$schema".into(), dialect);
    }
    (wrapped, true)
}

/// Lets what referred to the root refer to what is wrapped.
fn moved(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(to) if name == "$ref" && to == "#" => {
                        *to = "#/properties/result".into();
                    }
                    value => moved(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(moved),
        _ => {}
    }
}

/// A value as the schema that [`rooted`] wrapped has it.
pub(crate) fn wrap(value: &Json) -> Json {
    Members::value("result", value).to_object()
}

/// What names its dialect was written by hand, and is served as it stands: derived schemas name none.
pub(crate) fn is_written(schema: &Schema) -> bool {
    schema.get("$schema").is_some()
}

fn generated<T: JsonSchema>(settings: SchemaSettings) -> Schema {
    let settings = settings.with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    settings.into_generator().into_root_schema_for::<T>()
}

/// Without title and description of the root: the tool has its own, and clients pay for each byte in
/// tokens.
fn plain(mut schema: Schema) -> Schema {
    schema.remove("title");
    schema.remove("description");
    schema
}

fn mended(schema: Schema, side: Side) -> Schema {
    let mut value = schema.to_value();
    mend(&mut value, side);
    // What was an object or a boolean is one still.
    value.try_into().unwrap_or_default()
}

fn is_object_schema(schema: &Schema) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("object")
}

/// What is wrong with a schema of arguments, and the arguments that it mirrors into headers.
pub(crate) fn inspect(schema: &Schema) -> Result<Vec<ParamHeader>, String> {
    if !is_object_schema(schema) {
        return Err("its arguments are no object: use a struct with named fields".into());
    }
    let mut headers = Vec::new();
    let mut seen = 0;
    mirrored(schema.as_value(), &mut Vec::new(), &mut headers)?;
    count(schema.as_value(), &mut seen);
    if seen != headers.len() {
        return Err("`x-mcp-header` may only stand where `properties` alone lead to".into());
    }
    let mut names: Vec<_> = headers.iter().map(|header| header.suffix.to_lowercase()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() != headers.len() {
        return Err("two arguments share one `x-mcp-header`".into());
    }
    Ok(headers)
}

const ANNOTATION: &str = "x-mcp-header";

/// Follows `properties` only: that is where an argument can be found without evaluating the schema.
fn mirrored(
    schema: &Value,
    path: &mut Vec<String>,
    headers: &mut Vec<ParamHeader>,
) -> Result<(), String> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return Ok(());
    };
    for (name, property) in properties {
        path.push(name.clone());
        if let Some(suffix) = property.get(ANNOTATION) {
            headers.push(header(suffix, property, path)?);
        }
        mirrored(property, path, headers)?;
        path.pop();
    }
    Ok(())
}

fn header(suffix: &Value, property: &Value, path: &[String]) -> Result<ParamHeader, String> {
    let tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let suffix = suffix.as_str().filter(|name| !name.is_empty() && name.bytes().all(tchar));
    let suffix = suffix.ok_or("`x-mcp-header` is no header name (RFC 9110, section 5.1)")?;
    let kind = match kind_of(property) {
        Some("string") => ParamKind::String,
        Some("integer") => ParamKind::Integer,
        Some("boolean") => ParamKind::Boolean,
        _ => return Err("`x-mcp-header` may only stand at a string, integer or boolean".into()),
    };
    Ok(ParamHeader::new(suffix, path.to_vec(), kind))
}

/// The type, where it is one, or one besides `null` as an optional field has it.
fn kind_of(property: &Value) -> Option<&str> {
    match property.get("type")? {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null");
            kinds.next().filter(|_| kinds.next().is_none())
        }
        _ => None,
    }
}

fn count(value: &Value, seen: &mut usize) {
    match value {
        Value::Object(members) => {
            *seen += usize::from(members.get(ANNOTATION).is_some_and(Value::is_string));
            members.values().for_each(|value| count(value, seen));
        }
        Value::Array(values) => values.iter().for_each(|value| count(value, seen)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn inspected(properties: Value) -> Result<Vec<ParamHeader>, String> {
        inspect(&Schema::try_from(json!({"type": "object", "properties": properties})).unwrap())
    }

    #[test]
    fn mirrored_arguments_are_found_however_deep() {
        let headers = inspected(json!({
            "region": {"type": ["string", "null"], "x-mcp-header": "Region"},
            "page": {"type": "object", "properties": {
                "size": {"type": "integer", "x-mcp-header": "Size"}}},
        }))
        .unwrap();
        let mut found: Vec<_> =
            headers.iter().map(|header| (header.path.join("/"), header.kind)).collect();
        // Which comes first depends on how serde_json keeps objects.
        found.sort_by(|one, other| one.0.cmp(&other.0));
        let expected =
            [("page/size".to_owned(), ParamKind::Integer), ("region".into(), ParamKind::String)];
        assert_eq!(found, expected);
    }

    #[test]
    fn annotations_that_clients_would_punish_are_refused() {
        for properties in [
            json!({"a": {"type": "number", "x-mcp-header": "A"}}),
            json!({"a": {"type": "string", "x-mcp-header": ""}}),
            json!({"a": {"type": "string", "x-mcp-header": "A B"}}),
            json!({"a": {"type": "string", "x-mcp-header": "X"},
                   "b": {"type": "string", "x-mcp-header": "x"}}),
            json!({"a": {"type": "array", "items": {"type": "string", "x-mcp-header": "A"}}}),
            json!({"a": {"anyOf": [{"type": "string", "x-mcp-header": "A"}]}}),
        ] {
            assert!(inspected(properties.clone()).is_err(), "{properties}");
        }
        assert!(inspect(&Schema::try_from(json!({"type": "array"})).unwrap()).is_err());
    }

    #[test]
    fn what_is_no_object_is_wrapped_schema_and_value_alike() {
        let (schema, wraps) = rooted(output::<i64>());
        assert!(wraps);
        assert_eq!(schema.as_value().pointer("/properties/result/type").unwrap(), "integer");
        assert_eq!(schema.as_value().pointer("/required/0").unwrap(), "result");
        assert_eq!(wrap(&Json::of(&3).unwrap()).as_bytes(), br#"{"result":3}"#);
        let object = output::<std::collections::BTreeMap<String, u8>>();
        assert!(!rooted(object).1);
    }

    #[test]
    fn the_dialect_of_what_is_wrapped_is_named_at_the_root() {
        let dialect = "https://json-schema.org/draft/2020-12/schema";
        let written = json!({ "$schema": dialect, "type": "integer" });
        let (schema, _) = rooted(Schema::try_from(written).unwrap());
        assert_eq!(schema.as_value().pointer("/$schema").unwrap(), dialect);
        assert!(schema.as_value().pointer("/properties/result/$schema").is_none());
    }

    #[test]
    fn an_answer_may_leave_out_what_it_skips() {
        #[derive(serde::Serialize, serde::Deserialize, JsonSchema)]
        struct Found {
            #[serde(skip_serializing_if = "Vec::is_empty")]
            names: Vec<String>,
        }
        assert!(output::<Found>().get("required").is_none());
        assert_eq!(input::<Found>().get("required"), Some(&json!(["names"])));
    }

    #[test]
    fn schemas_are_plain() {
        /// Words.
        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only its schema is wanted")]
        struct Arguments {
            /// A number.
            a: Inner,
        }
        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only its schema is wanted")]
        struct Inner {
            b: u8,
        }
        let schema = input::<Arguments>();
        let text = serde_json::to_string(&schema).unwrap();
        assert!(!text.contains("$ref") && !text.contains("$schema") && !text.contains("Words"));
        assert_eq!(schema.as_value().pointer("/properties/a/description").unwrap(), "A number.");
    }
}
