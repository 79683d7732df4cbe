//! Old revisions and old methods are named in `legacy` and nowhere else.

use std::path::Path;

use crate::Result;
use crate::source::{Kind, shipped, tokens};
use crate::tidy::files::{self, RustFile};

/// Revisions of the protocol from before requests stood for themselves.
const REVISIONS: &[&str] = &["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

/// Methods that went with them.
const METHODS: &[&str] = &[
    "initialize",
    "notifications/initialized",
    "ping",
    "logging/setLevel",
    "resources/subscribe",
    "resources/unsubscribe",
];

/// Literals that may stand where they stand: the file's end of path, the literal, the reason.
const ALLOWED: &[(&str, &str, &str)] = &[];

/// One line for each name of the past in shipped code outside `legacy`.
pub(super) fn check() -> Result<Vec<String>> {
    let files = files::rust_below("crates/*/src")?;
    let shipped = files.iter().filter(|file| !file.is_test && !is_legacy(&file.path));
    Ok(shipped.flat_map(judge).collect())
}

fn judge(file: &RustFile) -> Vec<String> {
    let path = file.path.display().to_string();
    let found = tokens(&file.text);
    let names = shipped(&found).into_iter().filter(|token| {
        token.kind == Kind::Text && names_the_past(token.text) && !is_allowed(&path, token.text)
    });
    names.map(|name| format!("{path}:{}: \"{}\" outside legacy", name.line, name.text)).collect()
}

fn names_the_past(literal: &str) -> bool {
    METHODS.contains(&literal) || REVISIONS.iter().any(|revision| literal.contains(revision))
}

fn is_allowed(path: &str, literal: &str) -> bool {
    ALLOWED.iter().any(|(file, text, _reason)| path.ends_with(file) && *text == literal)
}

/// A folder or a file of that name.
fn is_legacy(path: &Path) -> bool {
    path.iter().any(|part| part == "legacy" || part == "legacy.rs")
}

#[cfg(test)]
mod tests {
    use super::{RustFile, is_legacy, judge};
    use std::path::Path;

    fn faults(text: &str) -> usize {
        let path = "crates/a/src/b.rs".into();
        judge(&RustFile { path, text: text.to_owned(), is_test: false }).len()
    }

    #[test]
    fn names_of_the_past_are_found_in_literals_of_shipped_code() {
        assert_eq!(faults("fn f() { g(\"initialize\", \"v=2025-11-25;\") }"), 2);
        assert_eq!(faults("// \"initialize\"\nfn f() { g(\"initialized?\", \"2026-07-28\") }"), 0);
        assert_eq!(faults("#[cfg(test)]\nmod tests { const A: &str = \"ping\"; }"), 0);
    }

    #[test]
    fn legacy_is_a_folder_or_a_file() {
        assert!(is_legacy(Path::new("crates/a/src/legacy/b.rs")));
        assert!(is_legacy(Path::new("crates/a/src/legacy.rs")));
        assert!(!is_legacy(Path::new("crates/a/src/legacy_rows.rs")));
    }
}
