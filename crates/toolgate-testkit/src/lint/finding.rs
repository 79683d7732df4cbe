//! What the lint says of a tool, and by which names.

use std::fmt;

/// A client, or the service behind many, that refuses some schemas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Client {
    /// Google's Gemini API and Vertex AI, and what hands schemas on to them as they are.
    Gemini,
    /// OpenAI's API: functions in chat completions and in responses.
    OpenAi,
    /// The editor.
    Cursor,
    /// LM Studio, with llama.cpp as its engine.
    LmStudio,
}

/// What is the matter. The [table](super#rules) says who minds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// A name that is too long or has other characters.
    Name,
    /// More tools than a client takes.
    Count,
    /// No JSON Schema, or one that refers to what is not there.
    Invalid,
    /// A root that is no plain object.
    Root,
    /// `$ref`.
    Reference,
    /// A `format` that is not known.
    Format,
    /// Several types in one `type`, `["string", "null"]` for example.
    TypeList,
    /// A value that has no `type`.
    NoType,
    /// `anyOf`, `oneOf` or `allOf`.
    Composition,
    /// Another keyword that is not known.
    Keyword,
    /// An `enum` of what is no text, or of empty text.
    Enum,
    /// An array that does not say what is in it.
    Items,
    /// An object without `properties`, or `properties` without an object.
    Properties,
    /// A required property that is not there.
    Required,
    /// The name of a property.
    PropertyName,
    /// A `pattern` that is not understood.
    Pattern,
    /// A length that is too great.
    Length,
}

/// Which part of a tool's description is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Part {
    /// The tool itself.
    Tool,
    /// The schema of its arguments.
    Input,
    /// The schema of its answer.
    Output,
}

/// One reason for one client to refuse one tool. `Display` is a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The tool's name.
    pub tool: String,
    /// The part of its description.
    pub part: Part,
    /// Names of properties, `lines[].price` for example: `[]` stands for the items of an array,
    /// `[0]` for its first, `*` for any property. Empty for the whole.
    pub field: String,
    /// Who refuses it.
    pub client: Client,
    /// By which rule.
    pub rule: Rule,
    /// What the client does: a predicate, to be read after its name.
    pub why: String,
    /// What helps.
    pub remedy: &'static str,
}

impl Client {
    /// Its name as its makers write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gemini => "Gemini",
            Self::OpenAi => "OpenAI",
            Self::Cursor => "Cursor",
            Self::LmStudio => "LM Studio",
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tool, field, client, rule, why, remedy, .. } = self;
        write!(f, "tool `{tool}`")?;
        match (self.part, field.as_str()) {
            (Part::Tool, _) => Ok(()),
            (Part::Input, "") => f.write_str(", arguments"),
            (Part::Output, "") => f.write_str(", answer"),
            (Part::Input, field) => write!(f, ", argument `{field}`"),
            (Part::Output, field) => write!(f, ", answer `{field}`"),
        }?;
        write!(f, ": {client} {why}; {remedy} (Rule::{rule:?})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_a_sentence() {
        let finding = Finding {
            tool: "order".into(),
            part: Part::Input,
            field: "lines[].price".into(),
            client: Client::LmStudio,
            rule: Rule::Format,
            why: "takes no such thing".into(),
            remedy: "leave it out",
        };
        let rest = "LM Studio takes no such thing; leave it out (Rule::Format)";
        for (part, field, place) in [
            (Part::Input, "lines[].price", ", argument `lines[].price`"),
            (Part::Output, "lines", ", answer `lines`"),
            (Part::Input, "", ", arguments"),
            (Part::Output, "", ", answer"),
            (Part::Tool, "", ""),
        ] {
            let told = Finding { part, field: field.into(), ..finding.clone() }.to_string();
            assert_eq!(told, format!("tool `order`{place}: {rest}"));
        }
    }
}
