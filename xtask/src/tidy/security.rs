//! What `docs/SECURITY.md` says is done is tested: every test that it names exists, and no row of ours is
//! without one.

use std::collections::HashSet;

pub(super) const PAGE: &str = "docs/SECURITY.md";

/// What rows of ours begin their second cell with.
const OURS: [&str; 2] = ["by default", "by configuration"];

/// One line for each test that is named and not there, and each row of ours without any.
pub(super) fn judge(page: &str, tests: &HashSet<String>) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in page.lines().enumerate() {
        let at = format!("{PAGE}:{}", number + 1);
        let named = quoted(line).filter(|word| is_test_name(word));
        let (known, unknown): (Vec<_>, Vec<_>) = named.partition(|name| tests.contains(*name));
        faults.extend(unknown.iter().map(|name| format!("{at}: there is no test `{name}`")));
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let ours = |cell: &&str| OURS.iter().any(|ours| cell.starts_with(ours));
        if line.starts_with('|') && cells.iter().any(ours) && known.is_empty() {
            faults.push(format!("{at}: a defence without a test"));
        }
    }
    faults
}

/// What stands between backticks.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Tests are named by sentences; what else is in backticks has dots, colons or few words.
fn is_test_name(word: &str) -> bool {
    let plain = word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    plain && word.matches('_').count() >= 3
}

/// Functions under an attribute that ends in `test`.
pub(super) fn tests_in(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut marked = false;
    for line in text.lines().map(str::trim_start) {
        if line.starts_with("#[") {
            let path = line.trim_start_matches("#[").split(['(', ']']).next().unwrap_or_default();
            marked |= path == "test" || path.ends_with("::test");
            continue;
        }
        if let Some((_, rest)) = line.split_once("fn ") {
            let name = rest.split(['(', '<']).next().unwrap_or_default();
            if marked {
                names.push(name.to_owned());
            }
            marked = false;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::{judge, tests_in};

    const SOURCE: &str = "#[test]\nfn a_right_thing_is_done() {}\n#[tokio::test(start_paused = true)]\n\
                          async fn another_right_thing_is_done() {}\nfn not_a_test_at_all() {}";

    #[test]
    fn tests_are_found_under_any_attribute() {
        assert_eq!(tests_in(SOURCE), ["a_right_thing_is_done", "another_right_thing_is_done"]);
    }

    #[test]
    fn a_row_of_ours_names_a_test_and_one_that_exists() {
        let tests = tests_in(SOURCE).into_iter().collect();
        for (row, faults) in [
            ("| x | by default | `a_right_thing_is_done` |", 0),
            ("| x | by default | `not_a_test_at_all` |", 2),
            ("| x | by configuration: `Jwt::dpop` | |", 1),
            ("| x | the author | |", 0),
            ("prose with `Jwt::dpop` and `resource_metadata`", 0),
            ("prose with `a_thing_that_is_not_there`", 1),
        ] {
            assert_eq!(judge(row, &tests).len(), faults, "{row}");
        }
    }
}
