//! A JSON Schema at work: whether it is one, and whether a value keeps to it.

use std::fmt;

use boon::{
    CompileError, Compiler, Draft, ErrorKind, InstanceToken, SchemaIndex, Schemas, SchemeUrlLoader,
    ValidationError,
};
use serde_json::Value;

/// What a schema is called while it is compiled. Nothing is loaded from there.
const HERE: &str = "urn:schema";

/// What a `pattern` may say (ECMA-262) and the engine behind [`Compiled`] does not read.
const LOOKS_AROUND: &[&str] = &["(?=", "(?!", "(?<=", "(?<!"];
const LOOKS_BACK: &[&str] =
    &["\\1", "\\2", "\\3", "\\4", "\\5", "\\6", "\\7", "\\8", "\\9", "\\k<"];

/// A schema that can be held against values.
pub(crate) struct Compiled {
    schemas: Schemas,
    index: SchemaIndex,
}

/// A place where a value breaks a schema.
pub(crate) struct Breach {
    /// A JSON pointer (RFC 6901); empty for the whole value.
    at: String,
    why: String,
}

impl Compiled {
    /// Compiles a schema, of 2020-12 unless its `$schema` says otherwise. Patterns that look around
    /// or back are left out, and so no value is held against them.
    ///
    /// # Errors
    /// Why it is none. A reference to another document counts: it is never fetched.
    pub(crate) fn new(mut schema: Value) -> Result<Self, String> {
        let error = match compile(schema.clone()) {
            Ok(compiled) => return Ok(compiled),
            Err(error) => error,
        };
        let unread = unread(&error);
        if unread.is_empty() {
            return Err(reason(&error));
        }
        for parent in unread {
            if let Some(Value::Object(members)) = schema.pointer_mut(&parent) {
                members.remove("pattern");
            }
        }
        compile(schema).map_err(|error| reason(&error))
    }

    /// Where a value breaks the schema; empty when it keeps to it.
    pub(crate) fn breaches(&self, value: &Value) -> Vec<Breach> {
        match self.schemas.validate(value, self.index) {
            Ok(()) => Vec::new(),
            Err(error) => leaves(&error).into_iter().map(Breach::of).collect(),
        }
    }
}

/// Whether a pattern looks around, which some engines have no notion of.
pub(super) fn looks_around(pattern: &str) -> bool {
    LOOKS_AROUND.iter().any(|look| pattern.contains(look))
}

fn compile(schema: Value) -> Result<Compiled, Box<CompileError>> {
    let mut compiler = Compiler::new();
    compiler.set_default_draft(Draft::V2020_12);
    // Without schemes: the default one reads files that a schema names.
    compiler.use_loader(Box::new(SchemeUrlLoader::new()));
    let mut schemas = Schemas::new();
    compiler.add_resource(HERE, schema)?;
    let index = compiler.compile(HERE, &mut schemas)?;
    Ok(Compiled { schemas, index })
}

/// Pointers to the parents of patterns that only the engine behind us does not read.
fn unread(error: &CompileError) -> Vec<String> {
    let CompileError::ValidationError { src, .. } = error else { return Vec::new() };
    let back = |pattern: &str| LOOKS_BACK.iter().any(|look| pattern.contains(look));
    let patterns = leaves(src).into_iter().filter(|leaf| {
        matches!(&leaf.kind, ErrorKind::Format { got, want: "regex", .. }
            if got.as_str().is_some_and(|pattern| looks_around(pattern) || back(pattern)))
    });
    patterns.filter_map(|leaf| Some(pointer(leaf).strip_suffix("/pattern")?.to_owned())).collect()
}

fn reason(error: &CompileError) -> String {
    match error {
        CompileError::ValidationError { src, .. } => {
            join(&leaves(src).into_iter().map(Breach::of).collect::<Vec<_>>())
        }
        other => format!("{other:#}").replace(HERE, ""),
    }
}

/// Breaches in one line.
pub(crate) fn join(breaches: &[Breach]) -> String {
    breaches.iter().map(Breach::to_string).collect::<Vec<_>>().join("; ")
}

/// The ends of the tree of errors. What stands above them only says that something below is wrong.
fn leaves<'e, 's, 'v>(error: &'e ValidationError<'s, 'v>) -> Vec<&'e ValidationError<'s, 'v>> {
    if error.causes.is_empty() {
        return vec![error];
    }
    error.causes.iter().flat_map(leaves).collect()
}

fn pointer(error: &ValidationError<'_, '_>) -> String {
    let token = |token: &InstanceToken<'_>| match token {
        InstanceToken::Prop(name) => format!("/{}", name.replace('~', "~0").replace('/', "~1")),
        InstanceToken::Item(at) => format!("/{at}"),
    };
    error.instance_location.tokens.iter().map(token).collect()
}

impl Breach {
    fn of(error: &ValidationError<'_, '_>) -> Self {
        // What is said of a pattern has several lines.
        let why = error.kind.to_string();
        let lines: Vec<_> = why.lines().map(str::trim).collect();
        Self { at: pointer(error), why: lines.join(" ") }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at.as_str() {
            "" => write!(f, "at the root: {}", self.why),
            at => write!(f, "at `{at}`: {}", self.why),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn breaches(schema: Value, value: &Value) -> String {
        join(&Compiled::new(schema).unwrap().breaches(value))
    }

    #[test]
    fn breaches_are_told_by_pointer_and_reason() {
        let schema = json!({
            "type": "object",
            "properties": {"lines": {"type": "array", "items": {"$ref": "#/$defs/line"}}},
            "required": ["id"],
            "$defs": {"line": {"properties": {"price": {"type": "integer", "minimum": 0}}}},
        });
        let good = json!({"id": 1, "lines": [{"price": 0}, {}]});
        assert_eq!(breaches(schema.clone(), &good), "");
        let told = breaches(schema, &json!({"lines": [{"price": -1}, {"price": "x"}]}));
        assert!(told.contains("at the root: missing properties 'id'"), "{told}");
        assert!(told.contains("at `/lines/0/price`: "), "{told}");
        assert!(told.contains("at `/lines/1/price`: want integer, but got string"), "{told}");
    }

    #[test]
    fn recursion_and_foreign_formats_are_no_obstacle() {
        let tree = json!({
            "type": "object",
            "properties": {
                "size": {"type": "integer", "format": "uint8"},
                "leaves": {"type": "array", "items": {"$ref": "#"}},
            },
            "additionalProperties": false,
        });
        assert_eq!(breaches(tree.clone(), &json!({"leaves": [{"leaves": []}]})), "");
        let told = breaches(tree, &json!({"leaves": [{"leaf": 1}]}));
        assert!(told.starts_with("at `/leaves/0`: "), "{told}");
    }

    #[test]
    fn what_is_no_schema_is_told_and_nothing_is_fetched() {
        for (schema, part) in [
            (json!({"properties": {"a": 1}}), "/properties/a"),
            (json!({"required": null}), "/required"),
            (json!({"pattern": "("}), "/pattern"),
            (json!({"properties": {"a/b": {"pattern": "(?=("}}, "items": 1}), "at `/items`"),
            (json!({"$ref": "#/$defs/none"}), "/$defs/none"),
            (json!({"$ref": "http://127.0.0.1:9/schema"}), "http://127.0.0.1:9/schema"),
            (json!({"$schema": "http://127.0.0.1:9/draft"}), "http://127.0.0.1:9/draft"),
        ] {
            let why = Compiled::new(schema).err().expect("no schema");
            assert!(why.contains(part), "{why}");
            assert!(!why.contains("urn:") && !why.contains('\n'), "{why}");
        }
    }

    #[test]
    fn a_schema_reads_no_files() {
        let path = std::env::temp_dir().join(format!("toolgate-{}.json", std::process::id()));
        std::fs::write(&path, "true").unwrap();
        let refused = Compiled::new(json!({"$ref": format!("file://{}", path.display())})).err();
        std::fs::remove_file(&path).unwrap();
        assert!(refused.expect("a file that is there is not read").contains("file://"));
    }

    #[test]
    fn a_pattern_beyond_the_engine_is_left_out_and_all_else_is_held() {
        let schema = json!({"properties": {"a/b": {"type": "string", "pattern": "^(?!x)"},
                                           "twice": {"pattern": r"^(.)\1$"},
                                           "once": {"pattern": "^.$"}}});
        assert_eq!(breaches(schema.clone(), &json!({"a/b": "x", "twice": "xy", "once": "x"})), "");
        let told = breaches(schema, &json!({"a/b": 1, "once": "xx"}));
        assert!(told.contains("at `/a~1b`: want string, but got number"), "{told}");
        assert!(told.contains("at `/once`: 'xx' does not match pattern"), "{told}");
    }
}
