//! Results, and in [`questions`] what servers ask, as older revisions have them: the only place that
//! knows what each of them lacks.

mod questions;

use serde_json::{Map, Value};

pub use self::questions::{Unasked, question};
use super::Revision;
use crate::{json::Members, method};

/// The members of a result as a revision has them; none where they may stay as they are.
pub fn down(revision: Revision, method: &str, members: &Members) -> Option<Members> {
    let change = change(revision, method)?;
    // Pictures are all that one revision lacks, and few results have any.
    if revision == Revision::June2025 && !mentions(members.as_bytes(), b"\"icons\"") {
        return None;
    }
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
    let change: Change = match method {
        method::TOOLS_LIST => tools,
        method::TOOLS_CALL => called,
        method::RESOURCES_LIST => resources,
        method::TEMPLATES_LIST => templates,
        method::RESOURCES_READ if revision < Revision::June2025 => contents,
        method::PROMPTS_LIST => prompts,
        method::PROMPTS_GET => messages,
        _ => return None,
    };
    (revision < Revision::November2025).then_some(change)
}

fn mentions(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

/// The objects in an array.
fn each<'a>(
    fields: &'a mut Map<String, Value>,
    member: &str,
) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    let values = fields.get_mut(member).and_then(Value::as_array_mut);
    values.into_iter().flatten().filter_map(Value::as_object_mut)
}

/// What no description of any kind has in a revision.
fn described(revision: Revision, item: &mut Map<String, Value>) {
    item.remove("icons");
    if revision < Revision::June2025 {
        item.remove("title");
        item.remove("_meta");
        undated(item);
    }
}

/// When something changed is said since 2025-06-18.
fn undated(item: &mut Map<String, Value>) {
    if let Some(annotations) = item.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.remove("lastModified");
    }
}

fn tools(revision: Revision, fields: &mut Map<String, Value>) {
    for tool in each(fields, "tools") {
        described(revision, tool);
        if revision < Revision::June2025 {
            tool.remove("outputSchema");
        }
        if revision < Revision::March2025 {
            tool.remove("annotations");
        }
    }
}

fn resources(revision: Revision, fields: &mut Map<String, Value>) {
    each(fields, "resources").for_each(|resource| described(revision, resource));
}

fn templates(revision: Revision, fields: &mut Map<String, Value>) {
    each(fields, "resourceTemplates").for_each(|template| described(revision, template));
}

fn prompts(revision: Revision, fields: &mut Map<String, Value>) {
    for prompt in each(fields, "prompts") {
        described(revision, prompt);
        each(prompt, "arguments").for_each(|argument| described(revision, argument));
    }
}

fn contents(_: Revision, fields: &mut Map<String, Value>) {
    for part in each(fields, "contents") {
        part.remove("_meta");
    }
}

fn called(revision: Revision, fields: &mut Map<String, Value>) {
    if revision < Revision::June2025 {
        // Tools say the same as text beside it.
        fields.remove("structuredContent");
    }
    each(fields, "content").for_each(|block| content(revision, block));
}

fn messages(revision: Revision, fields: &mut Map<String, Value>) {
    for message in each(fields, "messages") {
        if let Some(block) = message.get_mut("content").and_then(Value::as_object_mut) {
            content(revision, block);
        }
    }
}

/// A block as a revision has it: in words where it has no form for it.
fn content(revision: Revision, block: &mut Map<String, Value>) {
    block.remove("icons");
    if revision >= Revision::June2025 {
        return;
    }
    block.remove("_meta");
    undated(block);
    if let Some(resource) = block.get_mut("resource").and_then(Value::as_object_mut) {
        resource.remove("_meta");
    }
    let words = match block.get("type").and_then(Value::as_str) {
        Some("audio") if revision < Revision::March2025 => "[audio]".into(),
        Some("resource_link") => block.get("uri").cloned().unwrap_or_default(),
        _ => return,
    };
    let annotations = block.remove("annotations");
    block.clear();
    block.insert("type".into(), "text".into());
    block.insert("text".into(), words);
    block.extend(annotations.map(|annotations| ("annotations".into(), annotations)));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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

    /// Rows: the newest form, and those of 2025-06-18, 2025-03-26 and 2024-11-05.
    fn rows(method: &str, member: &str, rows: &[[Value; 4]]) {
        for [newest, june, march, november] in rows {
            for (revision, expected) in [
                (Revision::November2025, newest),
                (Revision::June2025, june),
                (Revision::March2025, march),
                (Revision::November2024, november),
            ] {
                let lowered = lower(revision, method, json!({ member: [newest] }));
                assert_eq!(lowered, json!({ member: [expected] }), "{method} {revision:?}");
            }
        }
    }

    #[test]
    fn descriptions_lose_what_a_revision_does_not_know() {
        let icons = || json!([{ "src": "https://e.x/i.png" }]);
        let tool = json!({ "name": "t", "title": "T", "inputSchema": {}, "icons": icons(),
                           "_meta": { "a": 1 }, "annotations": { "readOnlyHint": true } });
        let plain = json!({ "name": "t", "inputSchema": {} });
        let mut march = plain.clone();
        march["annotations"] = tool["annotations"].clone();
        rows("tools/list", "tools", &[[tool.clone(), without(&tool, &["icons"]), march, plain]]);

        for (method, member) in
            [("resources/list", "resources"), ("resources/templates/list", "resourceTemplates")]
        {
            let resource = json!({ "uri": "a:b", "name": "n", "title": "N", "icons": icons(),
                "_meta": {}, "annotations": { "priority": 1, "lastModified": "2026" } });
            let mut old = without(&resource, &["icons", "title", "_meta"]);
            old["annotations"] = json!({ "priority": 1 });
            let june = without(&resource, &["icons"]);
            rows(method, member, &[[resource, june, old.clone(), old]]);
        }

        let prompt = json!({ "name": "p", "title": "P", "icons": icons(), "_meta": {},
            "arguments": [{ "name": "a", "title": "A", "description": "d", "required": true }] });
        let old = json!({ "name": "p",
            "arguments": [{ "name": "a", "description": "d", "required": true }] });
        let june = without(&prompt, &["icons"]);
        rows("prompts/list", "prompts", &[[prompt, june, old.clone(), old]]);
    }

    fn without(value: &Value, members: &[&str]) -> Value {
        let mut value = value.clone();
        for member in members {
            value.as_object_mut().unwrap().remove(*member);
        }
        value
    }

    #[test]
    fn contents_and_messages_lose_what_a_revision_does_not_know() {
        let part = json!({ "uri": "a:b", "text": "x", "_meta": {} });
        let old = without(&part, &["_meta"]);
        rows("resources/read", "contents", &[[part.clone(), part, old.clone(), old]]);

        let said = |content: Value| json!({ "role": "user", "content": content });
        let text = |text: &str| said(json!({ "type": "text", "text": text }));
        let sound = said(json!({ "type": "audio", "data": "", "mimeType": "audio/wav" }));
        let link = json!({ "type": "resource_link", "uri": "a:b", "name": "n", "icons": [],
                           "_meta": {}, "annotations": { "priority": 1 } });
        let june = said(without(&link, &["icons"]));
        let words =
            said(json!({ "type": "text", "text": "a:b", "annotations": { "priority": 1 } }));
        let embedded = json!({ "type": "resource", "_meta": {},
            "resource": { "uri": "a:b", "text": "x", "_meta": {} },
            "annotations": { "lastModified": "2026" } });
        let bare = said(json!({ "type": "resource", "annotations": {},
            "resource": { "uri": "a:b", "text": "x" } }));
        let embedded = said(embedded);
        rows(
            "prompts/get",
            "messages",
            &[
                [text("a"), text("a"), text("a"), text("a")],
                [sound.clone(), sound.clone(), sound, text("[audio]")],
                [said(link), june, words.clone(), words],
                [embedded.clone(), embedded, bare.clone(), bare],
            ],
        );
    }

    #[test]
    fn other_methods_and_later_revisions_are_left_alone() {
        let members = Members::of(&json!({ "structuredContent": 1 })).unwrap();
        assert!(down(Revision::November2025, "tools/call", &members).is_none());
        assert!(down(Revision::November2024, "x", &members).is_none());
    }
}
