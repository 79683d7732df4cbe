//! Schemas that contain themselves.

use serde_json::Value;

/// Where a schema contains itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Recursion {
    /// The way there by names, as `tree.children[]`.
    pub(crate) field: String,
    /// The type that contains itself; none where it is the whole.
    pub(crate) of: Option<String>,
}

/// The first place where a schema contains itself, if there is one.
pub(crate) fn find(schema: &Value) -> Option<Recursion> {
    Search { root: schema, within: vec![("#", String::new())] }.at(schema, String::new())
}

struct Search<'a> {
    root: &'a Value,
    /// What was referred to on the way here, and where.
    within: Vec<(&'a str, String)>,
}

impl<'a> Search<'a> {
    fn at(&mut self, schema: &'a Value, field: String) -> Option<Recursion> {
        let members = schema.as_object()?;
        if let Some(to) = members.get("$ref").and_then(Value::as_str)
            && let found @ Some(_) = self.follow(to, &field)
        {
            return found;
        }
        members.iter().find_map(|(keyword, value)| match (keyword.as_str(), value) {
            ("properties", Value::Object(named)) => named.iter().find_map(|(name, schema)| {
                let dot = if field.is_empty() { "" } else { "." };
                self.at(schema, format!("{field}{dot}{name}"))
            }),
            ("anyOf" | "oneOf" | "allOf", Value::Array(several)) => {
                several.iter().find_map(|schema| self.at(schema, field.clone()))
            }
            ("prefixItems", Value::Array(several)) => {
                several.iter().find_map(|schema| self.at(schema, format!("{field}[]")))
            }
            ("items", schema) => self.at(schema, format!("{field}[]")),
            ("patternProperties", Value::Object(named)) => {
                named.values().find_map(|schema| self.at(schema, format!("{field}.*")))
            }
            ("additionalProperties" | "unevaluatedProperties", schema) => {
                self.at(schema, format!("{field}.*"))
            }
            _ => None,
        })
    }

    fn follow(&mut self, to: &'a str, field: &str) -> Option<Recursion> {
        if let Some((_, from)) = self.within.iter().find(|(known, _)| *known == to) {
            let field = if from.is_empty() { field } else { from };
            let of = to.strip_prefix("#/$defs/").map(str::to_owned);
            return Some(Recursion { field: field.to_owned(), of });
        }
        let target = self.root.pointer(to.strip_prefix('#')?)?;
        self.within.push((to, field.to_owned()));
        let found = self.at(target, field.to_owned());
        self.within.pop();
        found
    }
}
