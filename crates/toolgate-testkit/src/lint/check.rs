//! Rules as tables: what a client judges, and how all clients judge all tools.

use serde_json::Value;
use toolgate_core::protocol::{Json, tool::Tool};

use super::{
    Client, Finding, Part, Rule, cursor, gemini, lm_studio,
    node::{self, Node},
    openai,
    schema::Compiled,
};

/// A rule for each place of a schema. It judges to what a client does, a predicate.
pub(super) struct Check {
    pub(super) rule: Rule,
    pub(super) part: Part,
    pub(super) judge: fn(&Node<'_>) -> Option<String>,
    pub(super) remedy: &'static str,
}

/// A rule for a tool among others.
pub(super) struct OfferCheck {
    pub(super) rule: Rule,
    pub(super) judge: fn(&Offer<'_>) -> Option<String>,
    pub(super) remedy: &'static str,
}

/// A tool as a client first sees it: by name, at its place in a list.
pub(super) struct Offer<'a> {
    pub(super) server: &'a str,
    pub(super) tool: &'a str,
    /// Counted from 0.
    pub(super) at: usize,
    pub(super) of: usize,
}

/// The rules of one client.
pub(super) struct Book {
    pub(super) client: Client,
    pub(super) offers: &'static [OfferCheck],
    pub(super) checks: &'static [Check],
}

pub(super) const BOOKS: &[Book] = &[
    Book { client: Client::Gemini, offers: gemini::OFFERS, checks: gemini::CHECKS },
    Book { client: Client::OpenAi, offers: openai::OFFERS, checks: openai::CHECKS },
    Book { client: Client::Cursor, offers: cursor::OFFERS, checks: cursor::CHECKS },
    Book { client: Client::LmStudio, offers: &[], checks: lm_studio::CHECKS },
];

/// A schema that is none: smallmain/vscode-unify-chat-provider#162 and griptape-ai/griptape#2150 for
/// OpenAI, MervinPraison/PraisonAI#3111 and davideast/stitch-mcp#184 for Cursor.
pub(super) fn invalid(node: &Node<'_>) -> Option<String> {
    let why = node.root.then(|| Compiled::new(node.schema.clone()).err())??;
    Some(format!("takes no schema that is none: {why}"))
}

/// All findings, tool by tool.
pub(super) fn judge(server: &str, tools: &[Tool]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, tool) in tools.iter().enumerate() {
        let offer = Offer { server, tool: &tool.name, at, of: tools.len() };
        let mut found = offered(&offer);
        found.extend(described(&tool.name, Part::Input, &tool.input_schema));
        if let Some(schema) = &tool.output_schema {
            found.extend(described(&tool.name, Part::Output, schema));
        }
        findings.extend(found);
    }
    findings
}

fn offered(offer: &Offer<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for book in BOOKS {
        found.extend(book.offers.iter().filter_map(|check| {
            Some(Finding {
                tool: offer.tool.to_owned(),
                part: Part::Tool,
                field: String::new(),
                client: book.client,
                rule: check.rule,
                why: (check.judge)(offer)?,
                remedy: check.remedy,
            })
        }));
    }
    found
}

fn described(tool: &str, part: Part, schema: &Json) -> Vec<Finding> {
    // What cannot be read is `null`, and as such no object.
    let schema: Value = schema.parse().unwrap_or_default();
    let mut found: Vec<Finding> = Vec::new();
    for node in node::nodes(&schema) {
        for book in BOOKS {
            for check in book.checks.iter().filter(|check| check.part == part) {
                let Some(why) = (check.judge)(&node) else { continue };
                let finding = Finding {
                    tool: tool.to_owned(),
                    part,
                    field: node.field.clone(),
                    client: book.client,
                    rule: check.rule,
                    why,
                    remedy: check.remedy,
                };
                // Choices share the place of what they are choices of.
                if !found.contains(&finding) {
                    found.push(finding);
                }
            }
        }
    }
    found
}
