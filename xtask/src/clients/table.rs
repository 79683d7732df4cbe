//! What was found, as tables with their reasons.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use super::matrix::{Cell, Cells, Row, TABLES};
use crate::Result;

/// One line for each row in each table, then the reason of every cell that is not a PASS.
pub(super) fn draw(rows: &[Row], results: &[Cells]) -> Result<String> {
    let mut text = String::new();
    let (mut failed, mut cannot) = (Vec::new(), Vec::<(String, Vec<String>)>::new());
    for columns in TABLES {
        let mut lines = vec![heads(columns)];
        for (row, cells) in rows.iter().zip(results) {
            let version = version(row.client.package)?;
            let mut line = vec![format!("{} {version}", row.client.name)];
            line.extend([row.mode, row.over.name(), row.era.revision()].map(str::to_owned));
            for check in *columns {
                let (mark, reason) = marked(cells.get(check));
                line.push(mark.to_owned());
                match reason {
                    Some(reason) if mark == "FAIL" => {
                        failed.push(format!("FAIL  {}, {check}: {reason}", name(row)));
                    }
                    Some(reason) => group(&mut cannot, format!("{check}: {reason}"), name(row)),
                    None => {}
                }
            }
            lines.push(line);
        }
        text.push_str(&aligned(&lines));
        text.push('\n');
    }
    for (reason, names) in &cannot {
        writeln!(text, "-     {reason} ({})", names.join("; "))?;
    }
    for line in &failed {
        writeln!(text, "{line}")?;
    }
    Ok(text)
}

/// Fails with the number of cells that failed.
pub(super) fn judge(results: &[Cells]) -> Result {
    let cells = results.iter().flat_map(|cells| cells.values());
    match cells.filter(|cell| matches!(cell, Cell::Fail(_))).count() {
        0 => Ok(()),
        count => Err(format!("{count} cells of the table failed").into()),
    }
}

/// The rows by name, in one line.
pub(super) fn names(rows: &[Row]) -> String {
    rows.iter().map(name).collect::<Vec<_>>().join("; ")
}

fn name(row: &Row) -> String {
    format!("{} {} over {}", row.client.name, row.mode, row.over.name())
}

fn heads(columns: &[&'static str]) -> Vec<String> {
    let heads = ["client", "mode", "over", "revision"].into_iter().chain(columns.iter().copied());
    heads.map(str::to_owned).collect()
}

pub(super) fn marked(cell: Option<&Cell>) -> (&'static str, Option<&str>) {
    match cell {
        Some(Cell::Pass) => ("PASS", None),
        Some(Cell::Fail(reason)) => ("FAIL", Some(reason)),
        Some(Cell::Cannot(reason)) => ("-", Some(reason)),
        None => ("FAIL", Some("nothing was found")),
    }
}

/// The same reason is said once, with all the rows that it is of.
fn group(reasons: &mut Vec<(String, Vec<String>)>, reason: String, name: String) {
    match reasons.iter_mut().find(|(known, _)| *known == reason) {
        Some((_, names)) => names.push(name),
        None => reasons.push((reason, vec![name])),
    }
}

pub(super) fn aligned(lines: &[Vec<String>]) -> String {
    let width = |column: usize| {
        lines.iter().filter_map(|line| line.get(column)).map(String::len).max().unwrap_or(0)
    };
    let row = |line: &Vec<String>| {
        let cells = line.iter().enumerate();
        let text: String =
            cells.map(|(column, cell)| format!("{cell:<0$}", width(column) + 2)).collect();
        format!("{}\n", text.trim_end())
    };
    lines.iter().map(row).collect()
}

/// The version that is pinned, read where it is pinned.
pub(super) fn version(package: &str) -> Result<String> {
    let manifest: Value = serde_json::from_str(&fs::read_to_string("tests/clients/package.json")?)?;
    let npm = manifest.get("dependencies").and_then(|all| all.get(package)?.as_str());
    if let Some(version) = npm {
        return Ok(version.to_owned());
    }
    let python = fs::read_to_string("tests/clients/requirements.in")?;
    let pin = python.lines().find_map(|line| line.strip_prefix(package)?.strip_prefix("=="));
    pin.map(str::to_owned).ok_or_else(|| format!("{package} is not pinned").into())
}

#[cfg(test)]
mod tests {
    use super::super::matrix::{Cell, Cells, checks, rows};
    use super::{aligned, group, judge, marked};

    #[test]
    fn one_failed_cell_fails_the_step() {
        let mut cells: Cells = checks().map(|check| (check, Cell::Pass)).collect();
        cells.insert("login", Cell::Cannot("there is none".into()));
        assert!(judge(std::slice::from_ref(&cells)).is_ok());
        cells.insert("call", Cell::Fail("2 + 3 = 6".into()));
        assert!(judge(&[cells]).is_err());
    }

    #[test]
    fn reasons_are_grouped_and_columns_aligned() {
        let mut reasons = Vec::new();
        for row in rows().iter().take(2) {
            group(&mut reasons, "the same".into(), row.mode.to_owned());
        }
        assert_eq!(reasons.len(), 1);
        assert_eq!(marked(None).0, "FAIL");
        let lines = [["a", "b"], ["long", "c"]].map(|line| line.map(str::to_owned).to_vec());
        assert_eq!(aligned(&lines), "a     b\nlong  c\n");
    }
}
