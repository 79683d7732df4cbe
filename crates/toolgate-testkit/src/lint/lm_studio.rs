//! What LM Studio refuses: as a client, and through the grammars that llama.cpp makes of schemas.
//!
//! All tools share one grammar, so one that does not fit fails every request.

use serde_json::Value;

use super::{
    Part, Rule,
    check::Check,
    node::{Node, list},
    schema::looks_around,
};

/// Repetitions in a grammar, from which on llama.cpp refuses it.
const REPETITIONS: u64 = 2000;

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule::Root,
        part: Part::Input,
        judge: root,
        remedy: "make the arguments a struct with named fields",
    },
    Check {
        rule: Rule::Root,
        part: Part::Output,
        judge: root,
        remedy: "wrap the answer in an object",
    },
    Check {
        rule: Rule::Reference,
        part: Part::Input,
        judge: reference,
        remedy: "write the schema out in its place",
    },
    Check {
        rule: Rule::Pattern,
        part: Part::Input,
        judge: pattern,
        remedy: "check it in the tool and say in the description what is meant",
    },
    Check {
        rule: Rule::Length,
        part: Part::Input,
        judge: length,
        remedy: "check it in the tool and say in the description what is meant",
    },
];

/// Roots: Mearman/mcp-wayback-machine#3 for arguments and mrexodia/ida-pro-mcp#370 for answers,
/// "Invalid literal value, expected \"object\"". No tool of the server is loaded then.
fn root(node: &Node<'_>) -> Option<String> {
    let plain = node.get("type").and_then(Value::as_str) == Some("object");
    (node.root && !plain).then(|| "loads no tools of a server with a root that is no object".into())
}

/// References: lmstudio-ai/lmstudio-bug-tracker#738, "no such schema #/$defs/..".
fn reference(node: &Node<'_>) -> Option<String> {
    let found = node.listed(&["$ref", "$dynamicRef", "$recursiveRef"])?;
    Some(format!("does not find what {found} refers to"))
}

/// Patterns with a look around: codefuturist/email-mcp#58. Patterns below the top level:
/// ggml-org/llama.cpp#25895.
fn pattern(node: &Node<'_>) -> Option<String> {
    let pattern = node.get("pattern")?.as_str()?;
    if looks_around(pattern) {
        return Some("has no grammar for a `pattern` that looks around".into());
    }
    (node.depth > 1).then(|| "has no grammar for a `pattern` below the top level".into())
}

/// Lengths: firecrawl/firecrawl#4512 and ggml-org/llama.cpp#17473, "exceeds sane defaults". Since
/// ggml-org/llama.cpp#26613 the greatest length may be greater, the least may still not.
fn length(node: &Node<'_>) -> Option<String> {
    let long = |keyword: &&str| {
        node.get(keyword).and_then(Value::as_u64).is_some_and(|length| length >= REPETITIONS)
    };
    let bounds = ["minLength", "maxLength", "minItems", "maxItems"];
    let found: Vec<_> = bounds.into_iter().filter(long).collect();
    Some(format!("has no grammar for {} of {REPETITIONS} and more", list(&found)?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{
        Client, Rule,
        tests::{field, hold, input, output},
    };

    #[test]
    fn each_rule_finds_what_it_is_for() {
        let object = |schema| json!({"type": "object", "properties": {"a": schema}});
        let list = |items| json!({"type": "array", "items": items});
        hold(
            Client::LmStudio,
            &[
                input(Rule::Root, json!({"oneOf": []}), "", json!({"type": "object"})),
                output(Rule::Root, list(json!({})), "", json!({"type": "object"})),
                field(Rule::Reference, json!({"$ref": "#"}), json!({"type": "string"})),
                field(
                    Rule::Pattern,
                    json!({"type": "string", "pattern": "^(?!x).*@"}),
                    json!({"type": "string", "pattern": "^(?:x).*@"}),
                ),
                input(
                    Rule::Pattern,
                    object(list(json!({"type": "string", "pattern": "^a"}))),
                    "a[]",
                    object(json!({"type": "string", "pattern": "^a"})),
                ),
                field(
                    Rule::Length,
                    json!({"type": "string", "maxLength": 2000}),
                    json!({"type": "string", "maxLength": 1999}),
                ),
            ],
        );
    }
}
