//! A tool whose schema was written by hand, and is listed as it stands here.

use std::borrow::Cow;

use toolgate::{
    prelude::*,
    schemars::{JsonSchema, Schema, SchemaGenerator, json_schema},
    serde::Deserialize,
};

pub(crate) fn add(server: Server) -> Server {
    let spec = ToolSpec::new("json_schema_2020_12_tool")
        .description("Has a schema with keywords of JSON Schema 2020-12.")
        .read_only(true);
    server.tool_fn(spec, |person: Person, _| async move {
        Ok(match person.name {
            Some(name) => format!("Hello, {name}"),
            None => "Hello".into(),
        })
    })
}

#[derive(Deserialize)]
#[serde(crate = "toolgate::serde")]
struct Person {
    name: Option<String>,
}

impl JsonSchema for Person {
    fn schema_name() -> Cow<'static, str> {
        "Person".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "$defs": {
                "address": {
                    "$anchor": "addressDef",
                    "type": "object",
                    "properties": {
                        "street": { "type": "string" },
                        "city": { "type": "string" },
                    },
                },
            },
            "properties": {
                "name": { "type": "string" },
                "address": { "$ref": "#/$defs/address" },
                "contactMethod": { "type": "string", "enum": ["phone", "email"] },
                "phone": { "type": "string" },
                "email": { "type": "string" },
            },
            "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
            "if": {
                "properties": { "contactMethod": { "const": "phone" } },
                "required": ["contactMethod"],
            },
            "then": { "required": ["phone"] },
            "else": { "required": ["email"] },
            "additionalProperties": false,
        })
    }
}
