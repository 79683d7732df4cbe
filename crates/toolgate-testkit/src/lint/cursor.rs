//! What Cursor refuses, drops or cannot call.

use super::{
    Part, Rule,
    check::{Check, Offer, OfferCheck, invalid},
    node::Node,
};

/// Tools that reach the model, of all servers together.
const TOOLS: usize = 40;

/// Characters of a server's and a tool's name together that are too many.
const NAMES: usize = 60;

pub(super) const OFFERS: &[OfferCheck] = &[
    OfferCheck { rule: Rule::Name, judge: name, remedy: "shorten one of the two names" },
    OfferCheck {
        rule: Rule::Count,
        judge: count,
        remedy: "offer fewer tools, or each caller those that are for it",
    },
];

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule::TypeList,
        part: Part::Input,
        judge: type_list,
        remedy: "name one type, and leave what may be missing out of `required`",
    },
    Check {
        rule: Rule::Composition,
        part: Part::Input,
        judge: composition,
        remedy: "name one type, or make several fields of it",
    },
    Check {
        rule: Rule::Invalid,
        part: Part::Output,
        judge: invalid,
        remedy: "make it a JSON Schema of 2020-12 that needs no other document",
    },
];

/// The names of server and tool together, of which 60 characters are one too many:
/// ComposioHQ/composio#2788 and aashari/mcp-server-atlassian-confluence#16, "filtered out".
///
/// The server's name is the one that whoever added it chose; its own is the best guess.
fn name(offer: &Offer<'_>) -> Option<String> {
    let long = offer.server.chars().count() + offer.tool.chars().count();
    (long >= NAMES).then(|| {
        format!(
            "drops tools where the names of server (`{}`) and tool have {NAMES} characters or \
             more, and these have {long}",
            offer.server
        )
    })
}

/// How many: anyproto/anytype-mcp#5 and bun913/mcp-testrail#6, after Cursor's documentation, "will
/// only send the first 40 tools". Since September 2025 more are known to pass
/// (Snowflake-Labs/mcp#77 saw a warning at 80), but other servers have tools too.
fn count(offer: &Offer<'_>) -> Option<String> {
    (offer.at == TOOLS).then(|| {
        format!("sends the first {TOOLS} tools to its model, and this is the next of {}", offer.of)
    })
}

/// Several types: cursor/cursor#3778 and cursor/cursor#3540, "must be of type null,string, got
/// string". The tool is listed, and no call with that argument gets out.
fn type_list(node: &Node<'_>) -> Option<String> {
    node.get("type")?
        .is_array()
        .then(|| "lets no value through where `type` is a list of types".into())
}

/// Choices: code-yeongyu/senpi#952, where each alone failed every request.
fn composition(node: &Node<'_>) -> Option<String> {
    let found = node.listed(&["oneOf", "anyOf", "allOf"])?;
    Some(format!("fails requests over {found}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{
        super::{
            Client, Finding, Rule, schemas,
            tests::{field, hold, hold_names, output, tool},
        },
        TOOLS,
    };

    #[test]
    fn each_rule_finds_what_it_is_for() {
        let text = || json!({"type": "string"});
        hold(
            Client::Cursor,
            &[
                field(Rule::TypeList, json!({"type": ["string", "null"]}), text()),
                field(Rule::Composition, json!({"anyOf": [text(), {"type": "null"}]}), text()),
                output(
                    Rule::Invalid,
                    json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/None"}}}),
                    "",
                    json!({"type": "object", "properties": {"a": {"$ref": "#"}}}),
                ),
            ],
        );
    }

    #[test]
    fn names_count_with_the_server_s() {
        // The server's is `shop`.
        let long = "a".repeat(56);
        hold_names(Client::Cursor, &[&long], &[&long[1..]]);
    }

    #[test]
    fn the_first_tool_too_many_is_told() {
        let tools = |count: usize| -> Vec<_> {
            (0..count).map(|n| tool(&format!("t{n}"), &json!({"type": "object"}))).collect()
        };
        let counted = |count| -> Vec<Finding> {
            let found = schemas("shop", &tools(count));
            found.into_iter().filter(|found| found.rule == Rule::Count).collect()
        };
        assert!(counted(TOOLS).is_empty());
        let found = counted(TOOLS + 3);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].tool, "t40");
        assert!(found[0].why.ends_with("the next of 43"), "{}", found[0]);
    }
}
