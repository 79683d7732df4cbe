//! What Gemini refuses in a function declaration.
//!
//! Its `Schema` is a message with fields of its own, of which OpenAPI 3.0 is the model and not JSON
//! Schema: <https://docs.cloud.google.com/nodejs/docs/reference/generativelanguage/latest/generativelanguage/protos.google.ai.generativelanguage.v1beta.ischema>.
//! One tool that does not fit fails the request with 400, and with it all other tools. There is a
//! second field for plain JSON Schema, `parametersJsonSchema`; what stands here is for the many
//! clients that fill the first.

use serde_json::Value;

use super::{
    Part, Rule,
    check::{Check, Offer, OfferCheck},
    node::{Node, list},
};

pub(super) const OFFERS: &[OfferCheck] = &[OfferCheck {
    rule: Rule::Name,
    judge: name,
    remedy: "begin with a letter and keep to 64 letters, digits, `_`, `-` and `.`",
}];

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule::Root,
        part: Part::Input,
        judge: root,
        remedy: "make the arguments a struct with named fields",
    },
    Check {
        rule: Rule::Reference,
        part: Part::Input,
        judge: reference,
        remedy: "write the schema out in its place",
    },
    Check {
        rule: Rule::Reference,
        part: Part::Output,
        judge: output_reference,
        remedy: "write the schema out in its place",
    },
    Check {
        rule: Rule::Format,
        part: Part::Input,
        judge: format,
        remedy: "leave it out and say in the description, or with `minimum`, what is meant",
    },
    Check {
        rule: Rule::TypeList,
        part: Part::Input,
        judge: type_list,
        remedy: "name one type, and leave what may be missing out of `required`",
    },
    Check { rule: Rule::NoType, part: Part::Input, judge: no_type, remedy: "name one type" },
    Check {
        rule: Rule::Composition,
        part: Part::Input,
        judge: any_of,
        remedy: "name one type, or make several fields of it",
    },
    Check {
        rule: Rule::Keyword,
        part: Part::Input,
        judge: keyword,
        remedy: "leave it out and say in the description what is meant",
    },
    Check {
        rule: Rule::Enum,
        part: Part::Input,
        judge: choices,
        remedy: "choose among texts, and leave the field out of `required` for none of them",
    },
    Check {
        rule: Rule::Items,
        part: Part::Input,
        judge: items,
        remedy: "say with `items` what is in it",
    },
    Check {
        rule: Rule::Properties,
        part: Part::Input,
        judge: properties,
        remedy: "name its properties, or take a list of pairs in place of a map",
    },
    Check {
        rule: Rule::Required,
        part: Part::Input,
        judge: required,
        remedy: "describe it among the `properties`",
    },
    Check {
        rule: Rule::PropertyName,
        part: Part::Input,
        judge: property_name,
        remedy: "keep to 64 letters, digits and `_`, and begin with no digit",
    },
];

/// The names of tools. mixelpixx/KiCAD-MCP-Server#7 and Finerestaurant/kicad-mcp-python#2 have the
/// message; <https://cloud.google.com/vertex-ai/docs/reference/rest/v1beta1/FunctionDeclaration>.
fn name(offer: &Offer<'_>) -> Option<String> {
    let first = offer.tool.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let rest = offer.tool.chars().all(|c| c.is_ascii_alphanumeric() || "_-.:".contains(c));
    (!first || !rest || offer.tool.len() > 64).then(|| "refuses the name".into())
}

/// The root: google-gemini/gemini-cli#23382, "requires unspecified property 'type'".
fn root(node: &Node<'_>) -> Option<String> {
    let plain = node.get("type").and_then(Value::as_str) == Some("object");
    (node.root && !plain).then(|| "needs an object as root".into())
}

/// References: google-gemini/gemini-cli#13326, pydantic/pydantic-ai#1598 and
/// googleapis/python-genai#1122; with other keywords beside them anomalyco/opencode#12295.
fn reference(node: &Node<'_>) -> Option<String> {
    let found = node.listed(&["$ref", "$dynamicRef", "$recursiveRef"])?;
    Some(format!("follows no {found}"))
}

/// References in answers, for the CLI: google-gemini/gemini-cli#13142 and google-gemini/gemini-cli#13326,
/// "can't resolve reference". All tools are skipped then.
fn output_reference(node: &Node<'_>) -> Option<String> {
    let found = node.listed(&["$ref", "$dynamicRef", "$recursiveRef"])?;
    Some(format!("follows no {found} in an answer, in its CLI before 0.19"))
}

/// Formats: google-gemini/gemini-cli#3178 for text. For numbers the description of the field,
/// googleapis/googleapis, google/ai/generativelanguage/v1beta/content.proto, `Schema.format`.
fn format(node: &Node<'_>) -> Option<String> {
    let format = node.get("format")?.as_str()?;
    let known: &[(&str, &str, &[&str])] = &[
        ("string", "a string", &["enum", "date-time"]),
        ("integer", "an integer", &["int32", "int64"]),
        ("number", "a number", &["float", "double"]),
    ];
    let (_, kind, formats) = known.iter().find(|(kind, ..)| node.is(kind))?;
    let known = list(formats)?;
    (!formats.contains(&format))
        .then(|| format!("knows no format `{format}` for {kind}, only {known}"))
}

/// Several types: taylorwilsdon/google_workspace_mcp#1099, zed-industries/zed#53919 and
/// openclaw/openclaw#137249, "Proto field is not repeating".
fn type_list(node: &Node<'_>) -> Option<String> {
    node.get("type")?.is_array().then(|| "takes one `type` and no list of them".into())
}

/// No type: google-gemini/gemini-cli#2282 and unclecode/crawl4ai#1311, "schema didn't specify the
/// schema type field". What refers or chooses has findings of its own.
fn no_type(node: &Node<'_>) -> Option<String> {
    let other = ["type", "$ref", "$dynamicRef", "anyOf", "oneOf", "allOf"];
    let bare = !other.iter().any(|keyword| node.has(keyword));
    (bare && node.whole && !node.root).then(|| "needs a `type`".into())
}

/// Choices. `anyOf` is a field, but nothing may stand beside it (patlux/pi-commandcode-provider#103,
/// google-gemini/gemini-cli#4121), and without a `type` beside it Vertex AI misses one
/// (P0luz/Ombre-Brain#119).
fn any_of(node: &Node<'_>) -> Option<String> {
    node.has("anyOf").then(|| {
        "takes `anyOf` with nothing beside it, and on Vertex AI not without a `type`".into()
    })
}

/// Keywords that are no fields, "Unknown name .. Cannot find field": zed-industries/zed#45552
/// (`const`), ahmadrosid/nakama#292 (`exclusiveMinimum`), pizza-bot-app/pizza-bot#62 (`oneOf`,
/// `allOf`, `multipleOf`, `uniqueItems`), router-for-me/CLIProxyAPI#97 (`$schema`).
///
/// `additionalProperties` is none either, but MCP recommends it, OpenAI's strict mode asks for it,
/// and clients take it out. `x-mcp-header` is MCP's own.
fn keyword(node: &Node<'_>) -> Option<String> {
    const FIELDS: &[&str] = &[
        "anyOf",
        "default",
        "description",
        "enum",
        "example",
        "format",
        "items",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "nullable",
        "pattern",
        "properties",
        "propertyOrdering",
        "required",
        "title",
        "type",
    ];
    const OTHERS: &[&str] = &[
        "$ref",
        "$dynamicRef",
        "$recursiveRef",
        "$defs",
        "definitions",
        "additionalProperties",
        "x-mcp-header",
    ];
    let members = node.schema.as_object()?;
    let known = |name: &str| FIELDS.contains(&name) || OTHERS.contains(&name);
    let mut unknown: Vec<_> =
        members.keys().map(String::as_str).filter(|name| !known(name)).collect();
    unknown.sort_unstable();
    Some(format!("knows no {}", list(&unknown)?))
}

/// Choices among values: numbers microsoft/azure-devops-mcp#145, booleans anomalyco/opencode#2687,
/// empty text sbroenne/mcp-server-excel#607.
fn choices(node: &Node<'_>) -> Option<String> {
    let text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let odd = node.get("enum")?.as_array()?.iter().find(|value| !text(value))?;
    Some(format!("takes only texts that are not empty in an `enum`, and no `{odd}`"))
}

/// Arrays: jackmusick/bifrost#225 and NousResearch/hermes-agent#71804, "items: missing field".
fn items(node: &Node<'_>) -> Option<String> {
    (node.is("array") && !node.has("items")).then(|| "needs `items` of an array".into())
}

/// Objects below the root that say nothing: MarkusPfundstein/mcp-obsidian#21, "should be non-empty
/// for OBJECT type". What is no object: anomalyco/opencode#11889, "only allowed for OBJECT type".
///
/// A root without properties was refused in early 2025 (CherryHQ/cherry-studio#3270) and no longer
/// is (bug-ops/zeph#1641): a tool without arguments has no other.
fn properties(node: &Node<'_>) -> Option<String> {
    let named = node.get("properties").and_then(Value::as_object);
    if node.is("object") {
        let empty = named.is_none_or(|named| named.is_empty());
        return (empty && !node.root).then(|| "needs `properties` of an object".into());
    }
    let found = node.listed(&["properties", "required"])?;
    node.has("type").then(|| format!("takes {found} of an object alone"))
}

/// Required properties: anomalyco/opencode#3140, "property is not defined".
fn required(node: &Node<'_>) -> Option<String> {
    let required = node.get("required")?.as_array()?.iter().filter_map(Value::as_str);
    let named = node.get("properties").and_then(Value::as_object);
    let mut missing = required.filter(|name| named.is_none_or(|named| !named.contains_key(*name)));
    Some(format!("misses the required `{}`", missing.next()?))
}

/// Names of properties: <https://cloud.google.com/vertex-ai/docs/reference/rest/v1beta1/FunctionDeclaration>,
/// `parameters`.
fn property_name(node: &Node<'_>) -> Option<String> {
    let good = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && name.len() <= 64
    };
    let odd = node.get("properties")?.as_object()?.keys().find(|name| !good(name))?;
    Some(format!("takes no property by the name `{odd}`"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{
        Client, Rule,
        tests::{Case, field, hold, hold_names, input, output},
    };

    fn text() -> Value {
        json!({"type": "string"})
    }

    fn object(properties: Value) -> Value {
        json!({"type": "object", "properties": properties})
    }

    /// Rules about one value.
    fn values() -> Vec<Case> {
        let format = |kind, format| json!({"type": kind, "format": format});
        let choice = |kind, values| json!({"type": kind, "enum": values});
        vec![
            field(Rule::Reference, json!({"$ref": "#/$defs/A"}), text()),
            field(Rule::Format, format("string", "uri"), format("string", "date-time")),
            field(Rule::Format, format("integer", "uint32"), format("integer", "int32")),
            field(Rule::Format, format("number", "decimal"), format("number", "float")),
            field(
                Rule::Format,
                json!({"type": ["integer", "null"], "format": "uint8"}),
                json!({"type": ["integer", "null"], "format": "int64"}),
            ),
            field(Rule::TypeList, json!({"type": ["string", "null"]}), text()),
            field(Rule::NoType, json!({"description": "Anything."}), text()),
            field(Rule::NoType, json!(true), json!({"$ref": "#/$defs/A"})),
            field(Rule::Composition, json!({"type": "string", "anyOf": [{}]}), text()),
            field(Rule::Keyword, json!({"type": "string", "const": "a"}), text()),
            field(
                Rule::Keyword,
                json!({"type": "integer", "exclusiveMinimum": 0}),
                json!({"type": "integer", "minimum": 1}),
            ),
            field(Rule::Enum, choice("integer", json!([1, 2])), choice("string", json!(["1"]))),
            field(Rule::Enum, choice("string", json!(["a", ""])), choice("string", json!(["a"]))),
            field(Rule::Enum, choice("string", json!(["a", null])), choice("string", json!(["a"]))),
        ]
    }

    /// Rules about what has others in it.
    fn containers() -> Vec<Case> {
        let map = json!({"type": "object", "additionalProperties": text()});
        let dialect =
            json!({"type": "object", "$schema": "https://json-schema.org/draft/2020-12/schema"});
        let closed = json!({"type": "object", "additionalProperties": false});
        let required =
            |properties| json!({"type": "object", "properties": properties, "required": ["a"]});
        let plain = object(json!({}));
        vec![
            input(Rule::Root, text(), "", plain.clone()),
            input(Rule::Root, json!({"type": ["object"]}), "", plain.clone()),
            input(Rule::Keyword, dialect, "", closed),
            output(Rule::Reference, object(json!({"a": {"$ref": "#"}})), "a", plain),
            field(
                Rule::Items,
                json!({"type": "array"}),
                json!({"type": "array", "items": {"type": "string"}}),
            ),
            field(Rule::Properties, map, object(json!({"b": text()}))),
            field(Rule::Properties, json!({"type": "string", "properties": {}}), text()),
            input(Rule::Required, required(json!({})), "", required(json!({"a": text()}))),
            input(
                Rule::PropertyName,
                object(json!({"a-b": text()})),
                "",
                object(json!({"a_b": text()})),
            ),
            input(
                Rule::PropertyName,
                object(json!({"1st": text()})),
                "",
                object(json!({"_1st": text()})),
            ),
        ]
    }

    #[test]
    fn each_rule_finds_what_it_is_for() {
        hold(Client::Gemini, &[values(), containers()].concat());
    }

    #[test]
    fn names_begin_with_a_letter() {
        let long = "a".repeat(65);
        hold_names(Client::Gemini, &["1st", "-a", "", &long], &["_a", "a-b.c", &long[1..]]);
    }
}
