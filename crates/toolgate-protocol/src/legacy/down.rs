//! Results as older revisions have them: the only place that knows what each of them lacks.

use serde_json::{Map, Value, json};

use super::Revision;
use crate::{json::Members, method};

/// The members of a result as a revision has them; none where they may stay as they are.
pub fn down(revision: Revision, method: &str, members: &Members) -> Option<Members> {
    let change = change(revision, method)?;
    let mut fields: Map<String, Value> = members.to_object().parse().ok()?;
    change(revision, &mut fields);
    Members::of(&fields).ok()
}

/// Whether a revision has anything in the results of a method otherwise.
pub fn lowers(revision: Revision, method: &str) -> bool {
    change(revision, method).is_some()
}

type Change = fn(Revision, &mut Map<String, Value>);

fn change(revision: Revision, method: &str) -> Option<Change> {
    match method {
        method::TOOLS_LIST if revision < Revision::June2025 => Some(tools),
        method::TOOLS_CALL if revision < Revision::June2025 => Some(result),
        _ => None,
    }
}

fn tools(revision: Revision, fields: &mut Map<String, Value>) {
    for tool in fields.get_mut("tools").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(tool) = tool.as_object_mut() else { continue };
        for unknown in ["title", "outputSchema", "_meta"] {
            tool.remove(unknown);
        }
        if revision < Revision::March2025 {
            tool.remove("annotations");
        }
    }
}

fn result(revision: Revision, fields: &mut Map<String, Value>) {
    // Tools say the same as text beside it.
    fields.remove("structuredContent");
    for block in fields.get_mut("content").and_then(Value::as_array_mut).into_iter().flatten() {
        let words = match block.get("type").and_then(Value::as_str) {
            Some("audio") if revision < Revision::March2025 => "[audio]".into(),
            Some("resource_link") => block.get("uri").cloned().unwrap_or_default(),
            _ => continue,
        };
        *block = json!({ "type": "text", "text": words });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lower(revision: Revision, method: &str, fields: Value) -> Value {
        let members = Members::of(&fields).unwrap();
        let members = down(revision, method, &members).unwrap_or(members);
        members.to_object().parse().unwrap()
    }

    #[test]
    fn a_tool_loses_what_a_revision_does_not_know() {
        let tool = json!({ "tools": [{
            "name": "t", "title": "T", "inputSchema": {}, "outputSchema": {}, "annotations": {},
        }]});
        let rows = [
            (Revision::November2025, tool.clone()),
            (Revision::June2025, tool.clone()),
            (
                Revision::March2025,
                json!({ "tools": [{ "name": "t", "inputSchema": {}, "annotations": {} }] }),
            ),
            (Revision::November2024, json!({ "tools": [{ "name": "t", "inputSchema": {} }] })),
        ];
        for (revision, expected) in rows {
            assert_eq!(lower(revision, "tools/list", tool.clone()), expected, "{revision:?}");
        }
    }

    #[test]
    fn a_result_says_in_words_what_a_revision_has_no_form_for() {
        let result = json!({
            "content": [
                { "type": "text", "text": "a" },
                { "type": "audio", "data": "", "mimeType": "audio/wav" },
                { "type": "resource_link", "uri": "file:///x", "name": "x" },
            ],
            "structuredContent": {},
        });
        let kinds = |revision| {
            let lowered = lower(revision, "tools/call", result.clone());
            let blocks = lowered["content"].as_array().unwrap().clone();
            let kinds: Vec<_> =
                blocks.iter().map(|block| block["type"].as_str().unwrap().to_owned()).collect();
            (kinds.join(" "), lowered.get("structuredContent").is_some())
        };
        assert_eq!(kinds(Revision::June2025), ("text audio resource_link".into(), true));
        assert_eq!(kinds(Revision::March2025), ("text audio text".into(), false));
        assert_eq!(kinds(Revision::November2024), ("text text text".into(), false));
    }

    #[test]
    fn other_methods_and_later_revisions_are_left_alone() {
        let members = Members::of(&json!({ "structuredContent": 1 })).unwrap();
        assert!(down(Revision::November2025, "tools/call", &members).is_none());
        assert!(down(Revision::November2024, "x", &members).is_none());
    }
}
