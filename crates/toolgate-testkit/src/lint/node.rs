//! A schema taken apart: each of its places, with the names that lead there.

use serde_json::Value;

/// One schema within a schema.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) schema: &'a Value,
    /// As in [`Finding::field`](super::Finding::field).
    pub(super) field: String,
    /// Names and brackets on the way there.
    pub(super) depth: usize,
    /// Whether it is the whole schema.
    pub(super) root: bool,
    /// Whether it describes a value by itself, and does not only narrow down another schema.
    pub(super) whole: bool,
}

/// All places of a schema, each before what is in it. Booleans are places where a value is described
/// by one.
pub(super) fn nodes(root: &Value) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    let root = Node { schema: root, field: String::new(), depth: 0, root: true, whole: true };
    collect(root, &mut found);
    found
}

/// As deep as a schema is, which is no deeper than its reader lets through.
fn collect<'a>(node: Node<'a>, found: &mut Vec<Node<'a>>) {
    let below = node.below();
    found.push(node);
    below.into_iter().for_each(|node| collect(node, found));
}

impl<'a> Node<'a> {
    /// A keyword's value.
    pub(super) fn get(&self, keyword: &str) -> Option<&'a Value> {
        self.schema.get(keyword)
    }

    pub(super) fn has(&self, keyword: &str) -> bool {
        self.get(keyword).is_some()
    }

    /// Those of these keywords that it has, as a sentence lists them.
    pub(super) fn listed(&self, keywords: &[&str]) -> Option<String> {
        let found: Vec<_> = keywords.iter().copied().filter(|keyword| self.has(keyword)).collect();
        list(&found)
    }

    /// Whether this is a type of its values.
    pub(super) fn is(&self, kind: &str) -> bool {
        match self.get("type") {
            Some(Value::String(only)) => only == kind,
            Some(Value::Array(kinds)) => kinds.iter().any(|one| one == kind),
            _ => false,
        }
    }

    fn below(&self) -> Vec<Node<'a>> {
        let Some(members) = self.schema.as_object() else { return Vec::new() };
        let mut below = Vec::new();
        for (keyword, value) in members {
            match (keyword.as_str(), value) {
                ("properties", Value::Object(named)) => {
                    below.extend(named.iter().map(|(name, schema)| self.property(name, schema)));
                }
                ("$defs" | "definitions", Value::Object(named)) => {
                    let field = |name| format!("{keyword}.{name}");
                    below.extend(named.iter().map(|(name, schema)| Node {
                        schema,
                        field: field(name),
                        depth: self.depth + 1,
                        root: false,
                        whole: true,
                    }));
                }
                ("patternProperties", Value::Object(named)) => {
                    below.extend(named.values().map(|schema| self.property("*", schema)));
                }
                // Mostly `false`, which describes nothing.
                ("additionalProperties" | "unevaluatedProperties", Value::Object(_)) => {
                    below.push(self.property("*", value));
                }
                ("items" | "contains", Value::Object(_) | Value::Bool(_)) => {
                    below.push(self.item("[]", value));
                }
                ("items", Value::Array(_)) | ("prefixItems", Value::Array(_)) => {
                    let items = value.as_array().into_iter().flatten().enumerate();
                    below.extend(items.map(|(at, schema)| self.item(&format!("[{at}]"), schema)));
                }
                ("anyOf" | "oneOf", Value::Array(choices)) => {
                    below.extend(choices.iter().map(|schema| self.same(schema, true)));
                }
                ("allOf", Value::Array(all)) => {
                    below.extend(all.iter().map(|schema| self.same(schema, false)));
                }
                ("dependentSchemas", Value::Object(named)) => {
                    below.extend(named.values().map(|schema| self.same(schema, false)));
                }
                ("not" | "if" | "then" | "else", Value::Object(_)) => {
                    below.push(self.same(value, false));
                }
                _ => {}
            }
        }
        below
    }

    fn property(&self, name: &str, schema: &'a Value) -> Node<'a> {
        let dot = if self.field.is_empty() { "" } else { "." };
        let field = format!("{}{dot}{name}", self.field);
        Node { schema, field, depth: self.depth + 1, root: false, whole: true }
    }

    fn item(&self, bracket: &str, schema: &'a Value) -> Node<'a> {
        let field = format!("{}{bracket}", self.field);
        Node { schema, field, depth: self.depth + 1, root: false, whole: true }
    }

    fn same(&self, schema: &'a Value, whole: bool) -> Node<'a> {
        let whole = whole && self.whole;
        Node { schema, field: self.field.clone(), depth: self.depth, root: false, whole }
    }
}

/// Names as a sentence lists them; none of none.
pub(super) fn list(names: &[&str]) -> Option<String> {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        [most @ .., last] => Some(format!("{} and {last}", most.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_place_has_a_readable_name() {
        let schema = json!({
            "properties": {
                "lines": {"type": "array", "items": {"properties": {"price": true}}},
                "pair": {"prefixItems": [{}, {}], "items": false},
                "map": {"additionalProperties": {}, "patternProperties": {"^x": {}}},
                "flat": {"additionalProperties": false},
                "choice": {"oneOf": [{"properties": {"a": {}}}], "allOf": [{"items": {}}]},
            },
            "$defs": {"Line": {"properties": {"b": {}}}},
            "not": {"required": ["c"]},
        });
        let mut fields: Vec<_> = nodes(&schema).into_iter().map(|node| node.field).collect();
        fields.sort();
        let expected = [
            "",
            "",
            "$defs.Line",
            "$defs.Line.b",
            "choice",
            "choice",
            "choice",
            "choice.a",
            "choice[]",
            "flat",
            "lines",
            "lines[]",
            "lines[].price",
            "map",
            "map.*",
            "map.*",
            "pair",
            "pair[0]",
            "pair[1]",
            "pair[]",
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn what_only_narrows_down_is_not_whole() {
        let schema = json!({"allOf": [{"anyOf": [{}]}], "if": {}, "anyOf": [{}],
                            "properties": {"not": {}}});
        let whole = nodes(&schema).iter().filter(|node| node.whole).count();
        assert_eq!(whole, 3, "the root, a choice and a property that is called `not`");
    }

    #[test]
    fn names_are_listed_as_in_a_sentence() {
        assert_eq!(list(&[]), None);
        assert_eq!(list(&["a"]).unwrap(), "`a`");
        assert_eq!(list(&["a", "b", "c"]).unwrap(), "`a`, `b` and `c`");
    }
}
