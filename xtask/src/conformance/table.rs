//! What was found, as a table: a line for each scenario, a column for each revision.

use super::checks::{Counts, Scenario};
use super::verdict::Found;

/// The widths of a scenario's name and of a column, in characters.
const WIDTHS: (usize, usize) = (48, 20);

/// One line for each scenario, the totals, and the sets that are scored.
pub(super) fn draw(found: &[Found]) -> String {
    let columns: Vec<&Found> = found.iter().filter(|found| !found.leg.scored).collect();
    let heads = columns.iter().map(|column| column.leg.revision.to_owned());
    let mut text = line("passed/failed/warned/skipped", heads);
    for name in names(&columns) {
        let cells = columns.iter().map(|column| cell(column, name));
        text.push_str(&line(name, cells));
    }
    text.push_str(&line("rows", columns.iter().map(|column| counted(total(column)))));
    text.push_str(&line("scenarios that pass", columns.iter().map(|column| passing(column))));
    let scored = found.iter().filter(|found| found.leg.scored);
    text.push_str(&line("of those that are scored", scored.map(passing)));
    text
}

/// Every scenario once, in the order of the harness.
fn names<'a>(columns: &[&'a Found]) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for scenario in columns.iter().flat_map(|column| &column.scenarios) {
        if !names.contains(&scenario.name.as_str()) {
            names.push(&scenario.name);
        }
    }
    names
}

fn cell(column: &Found, name: &str) -> String {
    let Some(scenario) = column.scenarios.iter().find(|scenario| scenario.name == name) else {
        return "-".into();
    };
    let mark = if scenario.passes() { "" } else { " FAIL" };
    format!("{}{mark}", counted(scenario.counts()))
}

fn counted(counts: Counts) -> String {
    let Counts { passed, failed, warned, skipped } = counts;
    format!("{passed}/{failed}/{warned}/{skipped}")
}

fn total(column: &Found) -> Counts {
    column.scenarios.iter().map(Scenario::counts).fold(Counts::default(), |sum, more| Counts {
        passed: sum.passed + more.passed,
        failed: sum.failed + more.failed,
        warned: sum.warned + more.warned,
        skipped: sum.skipped + more.skipped,
    })
}

fn passing(found: &Found) -> String {
    let passing = found.scenarios.iter().filter(|scenario| scenario.passes()).count();
    format!("{passing} of {}", found.scenarios.len())
}

fn line(head: &str, cells: impl Iterator<Item = String>) -> String {
    let cells: String = cells.map(|cell| format!("{cell:<0$}", WIDTHS.1)).collect();
    let text = format!("{head:<0$}{cells}", WIDTHS.0);
    format!("{}\n", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::super::checks::{Status, tests::scenario};
    use super::super::harness::Leg;
    use super::super::verdict::Found;
    use super::draw;

    #[test]
    fn a_scenario_has_a_line_and_a_revision_a_column() {
        let good = scenario("both", &[Status::Success, Status::Info]);
        let bad = scenario("new", &[Status::Success, Status::Failure]);
        let leg = |revision, scored, scenarios| Found { leg: Leg { revision, scored }, scenarios };
        let found = [
            leg("2025-11-25", false, vec![good.clone()]),
            leg("2026-07-28", false, vec![good.clone(), bad.clone()]),
            leg("2025-11-25", true, vec![good.clone()]),
            leg("2026-07-28", true, vec![good]),
        ];
        let words = |text: &str| -> Vec<String> {
            text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
        };
        let drawn = words(&draw(&found));
        assert_eq!(drawn[1], "both 1/0/0/0 1/0/0/0");
        assert_eq!(drawn[2], "new - 1/1/0/0 FAIL");
        assert_eq!(drawn[3], "rows 1/0/0/0 2/1/0/0");
        assert_eq!(drawn[4], "scenarios that pass 1 of 1 1 of 2");
        assert_eq!(drawn[5], "of those that are scored 1 of 1 1 of 1");
    }
}
