//! Words that do not belong into what is handed on.

use std::path::Path;

use super::files::RustFile;
use crate::source::{Kind, Token, tokens};

/// What was left for later, as comments say it.
const LATER: &[&str] = &["TODO", "FIXME", "XXX"];

/// What was left for later, as code says it.
const UNWRITTEN: &[&str] = &["todo", "unimplemented"];

/// Paths of one machine. In two pieces, so that this file does not name them.
const MACHINE: &[(&str, &str)] = &[("/wo", "rk/"), ("/ro", "ot/"), ("/ho", "me/")];

pub(super) fn judge(file: &RustFile) -> Vec<String> {
    let found = tokens(&file.text);
    let code: Vec<Token<'_>> =
        found.iter().copied().filter(|token| token.kind != Kind::Comment).collect();
    let comments = found.iter().filter(|token| token.kind == Kind::Comment);
    let later = comments.flat_map(|comment| {
        let words = LATER.iter().filter(|word| comment.text.contains(**word));
        words.map(|word| (comment.line, (*word).to_owned()))
    });
    let inside = (0..code.len()).filter_map(|at| {
        let rest = code.get(at..)?;
        Some((rest.first()?.line, in_code(rest)?))
    });
    let told = |(line, what)| format!("{}:{line}: {what}", file.path.display());
    later.chain(inside).map(told).collect()
}

/// One line for each path of a machine.
pub(super) fn machine_paths(path: &Path, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for (one, two) in MACHINE {
            let name = format!("{one}{two}");
            if line.match_indices(&name).any(|(at, _)| starts_a_path(line, at)) {
                faults.push(format!("{}:{}: names {name}", path.display(), number + 1));
            }
        }
    }
    faults
}

/// Whether the slash there begins a path, and does not stand within a longer one or a URL.
fn starts_a_path(line: &str, at: usize) -> bool {
    let before = line.get(..at).and_then(|text| text.chars().next_back());
    !before.is_some_and(|c| c.is_alphanumeric() || "./-_}".contains(c))
}

/// The fault that begins with the first of these tokens.
fn in_code(code: &[Token<'_>]) -> Option<String> {
    match code {
        [name, bang, ..] if bang.is("!") && UNWRITTEN.iter().any(|word| name.is(word)) => {
            Some(format!("`{}!`", name.text))
        }
        [one, ..] if one.is("unsafe") => Some("`unsafe`".into()),
        [hash, open, word, ..] if hash.is("#") && open.is("[") && word.is("ignore") => {
            Some("an ignored test".into())
        }
        [lead, open, word, paren, inside @ ..]
            if (lead.is("#") || lead.is("!"))
                && open.is("[")
                && paren.is("(")
                && (word.is("allow") || word.is("expect")) =>
        {
            let mut lints = inside.iter().take_while(|token| !token.is("]"));
            (!lints.any(|token| token.is("reason")))
                .then(|| format!("`{}` without a reason", word.text))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{RustFile, judge, machine_paths};
    use std::path::Path;

    fn faults(text: &str) -> Vec<String> {
        judge(&RustFile { path: "a.rs".into(), text: text.to_owned(), is_test: false })
    }

    #[test]
    fn what_is_left_for_later_is_found() {
        for text in ["// FIXME", "fn f() { todo!() }", "fn f() { unimplemented!(\"x\") }"] {
            assert_eq!(faults(text).len(), 1, "{text}");
        }
        assert_eq!(faults("fn f() { todo(); g(\"todo!()\") }"), [""; 0]);
        assert_eq!(faults("#[ignore = \"slow\"] fn f() {}").len(), 1);
        assert_eq!(faults("fn f() { unsafe { g() } } #![forbid(unsafe_code)]").len(), 1);
    }

    #[test]
    fn an_exception_has_a_reason() {
        assert_eq!(faults("#[allow(dead_code)] fn f() {}").len(), 1);
        assert_eq!(faults("#![expect(clippy::panic)]").len(), 1);
        assert_eq!(faults("#[allow(dead_code, reason = \"x\")] fn f() {}"), [""; 0]);
        assert_eq!(faults("fn f() { a.expect(\"b\"); c[allow(d)]; }"), [""; 0]);
    }

    #[test]
    fn paths_of_a_machine_are_found() {
        let [one, two] = ["/wo", "rk/"];
        let found = |text: String| machine_paths(Path::new("a"), &text).len();
        assert_eq!(found(format!("see {one}{two}x")), 1);
        assert_eq!(found(format!("\"{one}{two}x\"")), 1);
        assert_eq!(found(format!("https://a.example{one}{two}x")), 0);
    }
}
