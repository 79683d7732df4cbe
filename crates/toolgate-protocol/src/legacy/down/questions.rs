//! Questions as older revisions have them, where they have them.

use serde_json::{Map, Value, json};

use super::{Revision, content, each, mentions};
use crate::{
    elicitation::{Elicit, Field, FormSchema},
    id::RequestId,
    input::InputRequest,
    json::Json,
    method,
};

/// Why a question cannot be asked in a revision.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Unasked {
    /// It would need a client that can more; a `ClientCapabilities` object says what.
    Needs(Json),
    /// It is none that a server can ask, or is malformed.
    Unknown,
}

/// The parameters of a question as a revision has them, of which the request has this id. The
/// methods are the same in all revisions that have them.
///
/// # Errors
/// When the revision has no such question.
pub fn question(revision: Revision, id: &RequestId, asked: &InputRequest) -> Result<Json, Unasked> {
    match &*asked.method {
        method::ROOTS => Ok(asked.params.clone()),
        method::SAMPLE => sample(revision, &asked.params),
        method::ELICIT if revision < Revision::June2025 => Err(needs(&json!({"elicitation": {}}))),
        method::ELICIT => elicit(revision, id, &asked.params),
        _ => Err(Unasked::Unknown),
    }
}

fn needs(capabilities: &Value) -> Unasked {
    Json::of(capabilities).map_or(Unasked::Unknown, Unasked::Needs)
}

fn elicit(revision: Revision, id: &RequestId, params: &Json) -> Result<Json, Unasked> {
    let mut members: Map<String, Value> = params.parse().map_err(|_| Unasked::Unknown)?;
    match (members.get("mode").and_then(Value::as_str), revision >= Revision::November2025) {
        (Some("url"), true) => {
            // One question, one page: its name is theirs.
            members.insert("elicitationId".into(), json!(id));
            Json::of(&members).map_err(|_| Unasked::Unknown)
        }
        (Some("url"), false) => Err(needs(&json!({"elicitation": {"url": {}}}))),
        (None | Some("form"), true) => Ok(params.clone()),
        (None | Some("form"), false) => plain_form(params),
        _ => Err(Unasked::Unknown),
    }
}

fn plain_form(params: &Json) -> Result<Json, Unasked> {
    #[derive(serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Plain {
        message: String,
        requested_schema: FormSchema,
    }
    let Ok(Elicit::Form { message, requested_schema }) = params.parse() else {
        return Err(Unasked::Unknown);
    };
    let requested_schema = plain(requested_schema)?;
    Json::of(&Plain { message, requested_schema }).map_err(|_| Unasked::Unknown)
}

/// A form with labels beside the values, and values that stand there at first for yes and no alone.
fn plain(mut schema: FormSchema) -> Result<FormSchema, Unasked> {
    for (_, field) in &mut schema.properties {
        match field {
            Field::String(field) => {
                field.default = None;
                for choice in std::mem::take(&mut field.one_of) {
                    field.choices.push(choice.value);
                    field.enum_names.push(choice.title);
                }
            }
            Field::Number(field) | Field::Integer(field) => field.default = None,
            Field::Boolean(_) => {}
            // The person could not be asked for several of several.
            Field::Array(_) => return Err(needs(&json!({"elicitation": {}}))),
        }
    }
    Ok(schema)
}

fn sample(revision: Revision, params: &Json) -> Result<Json, Unasked> {
    // Data that is no object is all that the last of them lacks, and few have any.
    if revision >= Revision::November2025 && !mentions(params.as_bytes(), b"\"structuredContent\"")
    {
        return Ok(params.clone());
    }
    let mut members: Map<String, Value> = params.parse().map_err(|_| Unasked::Unknown)?;
    if revision >= Revision::November2025 {
        objects_only(&mut members);
    } else {
        if members.contains_key("tools") || members.contains_key("toolChoice") {
            return Err(needs(&json!({"sampling": {"tools": {}}})));
        }
        single(revision, &mut members)?;
    }
    Json::of(&members).map_err(|_| Unasked::Unknown)
}

/// What a tool came to is data only where it is an object; its words stand beside it.
fn objects_only(members: &mut Map<String, Value>) {
    for message in each(members, "messages") {
        let blocks = match message.get_mut("content") {
            Some(Value::Array(blocks)) => blocks.as_mut_slice(),
            Some(block) => std::slice::from_mut(block),
            None => continue,
        };
        for block in blocks.iter_mut().filter_map(Value::as_object_mut) {
            if block.get("structuredContent").is_some_and(|data| !data.is_object()) {
                block.remove("structuredContent");
            }
        }
    }
}

/// One block for each message, each in the revision's form.
fn single(revision: Revision, members: &mut Map<String, Value>) -> Result<(), Unasked> {
    let mut messages = Vec::new();
    for message in each(members, "messages") {
        message.remove("_meta");
        let blocks = match message.remove("content") {
            Some(Value::Array(blocks)) => blocks,
            Some(block) => vec![block],
            None => return Err(Unasked::Unknown),
        };
        for mut block in blocks {
            let fields = block.as_object_mut().ok_or(Unasked::Unknown)?;
            if let Some("tool_use" | "tool_result") = fields.get("type").and_then(Value::as_str) {
                return Err(needs(&json!({"sampling": {"tools": {}}})));
            }
            content(revision, fields);
            let mut one = message.clone();
            one.insert("content".into(), block);
            messages.push(Value::Object(one));
        }
    }
    members.insert("messages".into(), messages.into());
    Ok(())
}

#[cfg(test)]
mod tests;
