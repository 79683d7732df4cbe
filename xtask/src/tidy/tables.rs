//! Dependencies are listed by name, so that two people do not add the same one twice.

use std::path::Path;

/// One line for each entry out of order; a blank line or a comment starts a new group.
pub(super) fn judge(path: &Path, manifest: &str) -> Vec<String> {
    let (mut listing, mut open, mut before) = (false, false, "");
    let mut faults = Vec::new();
    for (number, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            listing = line.trim_end().ends_with("dependencies]");
        }
        let entry = line.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
        if !listing || open || !entry {
            open &= !line.starts_with([']', '}']);
            before = "";
            continue;
        }
        let name = line.split(['=', '.', ' ']).next().unwrap_or_default();
        if name < before {
            faults.push(format!("{}:{}: {name} comes before {before}", path.display(), number + 1));
        }
        before = name;
        open = line.trim_end().ends_with(['[', '{']);
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::judge;
    use std::path::Path;

    fn faults(manifest: &str) -> usize {
        judge(Path::new("Cargo.toml"), manifest).len()
    }

    #[test]
    fn entries_are_sorted_within_their_group() {
        assert_eq!(faults("[dependencies]\na = \"1\"\nb.workspace = true\n"), 0);
        assert_eq!(faults("[dev-dependencies]\nb = \"1\"\na.workspace = true\n"), 1);
        assert_eq!(faults("[dependencies]\nb = \"1\"\n\na = \"1\"\n"), 0);
        assert_eq!(faults("[features]\nb = []\na = []\n"), 0);
    }
}
