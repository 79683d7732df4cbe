//! A file says its one idea first and stays short.

use super::files::RustFile;

/// Lines, tests and docs with it, up to which a file needs no excuse.
const LONG: usize = 500;

const EXCUSE: &str = "// Long because: ";

pub(super) fn judge(file: &RustFile) -> Vec<String> {
    let path = file.path.display();
    let mut faults = Vec::new();
    // A README as the crate's documentation says it too.
    if !file.text.starts_with("//!") && !file.text.starts_with("#![doc = include_str!(") {
        faults.push(format!("{path} does not begin with `//!` and its one idea"));
    }
    let lines = file.text.lines().count();
    if lines > LONG && !file.text.lines().take(5).any(|line| line.starts_with(EXCUSE)) {
        faults.push(format!("{path} has {lines} lines: split it, or write `{EXCUSE}..` on top"));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::{EXCUSE, RustFile, judge};

    fn faults(text: String) -> usize {
        judge(&RustFile { path: "a.rs".into(), text, is_test: false }).len()
    }

    #[test]
    fn a_file_says_its_idea_and_why_it_is_long() {
        let long = "\n".repeat(600);
        assert_eq!(faults("//! One idea.\nfn f() {}".into()), 0);
        assert_eq!(faults("fn f() {}".into()), 1);
        assert_eq!(faults(format!("//! One idea.{long}")), 1);
        assert_eq!(faults(format!("//! One idea.\n{EXCUSE}one table.{long}")), 0);
    }
}
