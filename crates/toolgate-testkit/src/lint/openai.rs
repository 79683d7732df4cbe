//! What OpenAI refuses in a function's parameters.
//!
//! One tool that does not fit fails the request with 400, and with it all other tools. Strict mode
//! asks for more (every property required, `additionalProperties: false`); clients that hand on
//! tools of others do without it, so what only strict mode refuses is not here.

use serde_json::Value;

use super::{
    Part, Rule,
    check::{Check, Offer, OfferCheck, invalid},
    node::Node,
};

pub(super) const OFFERS: &[OfferCheck] = &[OfferCheck {
    rule: Rule::Name,
    judge: name,
    remedy: "keep to 64 letters, digits, `_` and `-`",
}];

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule::Invalid,
        part: Part::Input,
        judge: invalid,
        remedy: "make it a JSON Schema of 2020-12 that needs no other document",
    },
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
        rule: Rule::Format,
        part: Part::Input,
        judge: format,
        remedy: "leave it out and say in the description what is meant",
    },
    Check {
        rule: Rule::Composition,
        part: Part::Input,
        judge: composition,
        remedy: "name one type, or make several fields of it",
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
        remedy: "add `properties`, empty where there is no argument",
    },
];

/// The names of tools: openai/codex#8174 (a dot), openai/codex#1289 (more than 64).
fn name(offer: &Offer<'_>) -> Option<String> {
    let good = offer.tool.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    (!good || offer.tool.is_empty() || offer.tool.len() > 64).then(|| "refuses the name".into())
}

/// The root: langchain-ai/langchainjs#9804, "schema must have type 'object' and not have
/// 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level".
fn root(node: &Node<'_>) -> Option<String> {
    if !node.root {
        return None;
    }
    if node.get("type").and_then(Value::as_str) != Some("object") {
        return Some("needs an object as root".into());
    }
    let found = node.listed(&["oneOf", "anyOf", "allOf", "enum", "not"])?;
    Some(format!("takes no {found} at the root"))
}

/// References with something beside them: camel-ai/camel#3001 and defog-ai/defog#244, "$ref cannot
/// have keywords".
fn reference(node: &Node<'_>) -> Option<String> {
    let beside = node.has("$ref") && node.schema.as_object()?.len() > 1;
    beside.then(|| "takes no keyword beside a `$ref`".into())
}

/// Formats of text: tailcallhq/forgecode#2974, "'uri' is not a valid format". The nine that are:
/// cyanheads/git-mcp-server#47, after the guide to structured outputs.
fn format(node: &Node<'_>) -> Option<String> {
    const KNOWN: &[&str] =
        &["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"];
    let format = node.get("format")?.as_str()?;
    (node.is("string") && !KNOWN.contains(&format))
        .then(|| format!("knows no format `{format}` for a string"))
}

/// Choices below the root: can1357/oh-my-pi#920 (`oneOf`, without strict mode too) and
/// makenotion/notion-mcp-server#102 (`allOf`).
fn composition(node: &Node<'_>) -> Option<String> {
    let found = node.listed(&["oneOf", "allOf"])?;
    (!node.root).then(|| format!("permits no {found}"))
}

/// Arrays: digitalocean-labs/mcp-digitalocean#265 and spacelift-io/spacectl#402, "array schema
/// missing items".
fn items(node: &Node<'_>) -> Option<String> {
    (node.is("array") && !node.has("items")).then(|| "needs `items` of an array".into())
}

/// A root that says nothing of properties: openai/openai-agents-python#449 and
/// github/github-mcp-server#1548, "object schema missing properties".
fn properties(node: &Node<'_>) -> Option<String> {
    (node.root && node.is("object") && !node.has("properties"))
        .then(|| "needs `properties` at the root, if only `{}`".into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{
        Client, Rule,
        tests::{field, hold, hold_names, input},
    };

    #[test]
    fn each_rule_finds_what_it_is_for() {
        let text = || json!({"type": "string"});
        let plain = || json!({"type": "object", "properties": {}});
        hold(
            Client::OpenAi,
            &[
                input(
                    Rule::Invalid,
                    json!({"type": "object", "properties": {}, "required": null}),
                    "",
                    json!({"type": "object", "properties": {}, "required": []}),
                ),
                input(
                    Rule::Invalid,
                    json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/None"}}}),
                    "",
                    json!({"type": "object", "properties": {"a": {"$ref": "#"}}}),
                ),
                input(Rule::Root, json!({"type": "array", "items": {}}), "", plain()),
                input(
                    Rule::Root,
                    json!({"type": "object", "oneOf": [plain()]}),
                    "",
                    json!({"type": "object", "properties": {"a": {"oneOf": [text()]}}}),
                ),
                field(
                    Rule::Reference,
                    json!({"$ref": "#", "description": "Another."}),
                    json!({"$ref": "#"}),
                ),
                field(
                    Rule::Format,
                    json!({"type": "string", "format": "uri"}),
                    json!({"type": "string", "format": "uuid"}),
                ),
                field(Rule::Composition, json!({"oneOf": [text()]}), json!({"anyOf": [text()]})),
                field(Rule::Composition, json!({"allOf": [text()]}), text()),
                field(
                    Rule::Items,
                    json!({"type": ["array", "null"]}),
                    json!({"type": "array", "items": {}}),
                ),
                input(Rule::Properties, json!({"type": "object"}), "", plain()),
            ],
        );
    }

    #[test]
    fn names_have_no_dots() {
        let long = "a".repeat(65);
        hold_names(Client::OpenAi, &["a.b", "", &long], &["1-a_b", &long[1..]]);
    }
}
