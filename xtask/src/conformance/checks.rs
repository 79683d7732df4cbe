//! What the harness found: its lists and the files that it leaves, read.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::Result;

/// One row of a scenario's findings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Check {
    pub(super) id: String,
    pub(super) status: Status,
    description: Option<String>,
    error_message: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Status {
    Success,
    Failure,
    /// Something that should be is not.
    Warning,
    /// Not tried, for want of a feature or of what comes before.
    Skipped,
    /// Said, not judged.
    Info,
}

/// A scenario that was to be run, and what was found. Nothing, where the harness left no file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scenario {
    pub(super) name: String,
    pub(super) checks: Vec<Check>,
}

/// Rows by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) warned: usize,
    pub(super) skipped: usize,
}

impl Scenario {
    pub(super) fn counts(&self) -> Counts {
        let count = |status| self.checks.iter().filter(|check| check.status == status).count();
        Counts {
            passed: count(Status::Success),
            failed: count(Status::Failure),
            warned: count(Status::Warning),
            skipped: count(Status::Skipped),
        }
    }

    /// Whether something was judged and all of it was right. This server claims every feature, so a
    /// row that was skipped is not right either.
    pub(super) fn passes(&self) -> bool {
        let Counts { passed, failed, warned, skipped } = self.counts();
        passed > 0 && failed + warned + skipped == 0
    }

    /// What is wrong with it, a line each; none where it passes.
    pub(super) fn faults(&self) -> Vec<String> {
        let wrong = [Status::Failure, Status::Warning, Status::Skipped];
        let rows = self.checks.iter().filter(|check| wrong.contains(&check.status));
        let mut faults: Vec<String> = rows.map(Check::told).collect();
        if faults.is_empty() && !self.passes() {
            let how = if self.checks.is_empty() { "was not run" } else { "judged nothing" };
            faults.push(format!("the scenario {how}"));
        }
        faults
    }

    /// The judged rows in an order that does not depend on time.
    pub(super) fn rows(&self) -> Vec<(&str, Status)> {
        let judged = self.checks.iter().filter(|check| check.status != Status::Info);
        let mut rows: Vec<_> = judged.map(|check| (check.id.as_str(), check.status)).collect();
        rows.sort_unstable();
        rows
    }
}

impl Check {
    fn told(&self) -> String {
        let words = self.error_message.as_ref().or(self.description.as_ref());
        let words = words.map_or("without words", |words| words.as_str());
        format!("{:?} {}: {words}", self.status, self.id)
    }
}

/// The scenarios for servers in the harness's own list.
pub(super) fn listed(text: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|line| !line.starts_with("Server scenarios")).skip(1);
    let items = lines.map_while(|line| line.trim_start().strip_prefix("- "));
    items.filter_map(|item| item.split(' ').next().map(str::to_owned)).collect()
}

/// What was found of each of these scenarios, in the folder that the harness wrote into.
pub(super) fn read(folder: &Path, names: &[String]) -> Result<Vec<Scenario>> {
    let mut found: BTreeMap<String, Vec<Check>> = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Some(name) = entry.file_name().to_str().and_then(scenario_of).map(str::to_owned) else {
            continue;
        };
        let text = fs::read_to_string(entry.path().join("checks.json"))?;
        let checks = parse(&text).map_err(|error| format!("{name}: {error}"))?;
        found.entry(name).or_default().extend(checks);
    }
    let scenario = |name: &String| Scenario {
        name: name.clone(),
        checks: found.remove(name).unwrap_or_default(),
    };
    Ok(names.iter().map(scenario).collect())
}

fn parse(text: &str) -> serde_json::Result<Vec<Check>> {
    serde_json::from_str(text)
}

/// The scenario in `server-SCENARIO-2026-01-31T23-59-59-999Z`.
fn scenario_of(folder: &str) -> Option<&str> {
    const TIME: usize = "-2026-01-31T23-59-59-999Z".len();
    let rest = folder.strip_prefix("server-")?;
    let (name, time) = rest.split_at_checked(rest.len().checked_sub(TIME)?)?;
    (time.starts_with('-') && time.ends_with('Z')).then_some(name)
}

#[cfg(test)]
pub(super) mod tests {
    use super::{Check, Counts, Scenario, Status, listed, parse, scenario_of};

    /// A scenario with a row of each of these.
    pub(crate) fn scenario(name: &str, statuses: &[Status]) -> Scenario {
        let row = |(at, status): (usize, &Status)| Check {
            id: format!("check-{at}"),
            status: *status,
            description: Some("what it is about".into()),
            error_message: None,
        };
        let checks = statuses.iter().enumerate().map(row).collect();
        Scenario { name: name.into(), checks }
    }

    #[test]
    fn a_file_is_read_with_the_words_of_a_fault() {
        let text = r#"[
            {"id": "a", "name": "A", "status": "SUCCESS", "description": "d", "details": {}},
            {"id": "b", "status": "FAILURE", "description": "d", "errorMessage": "so"}]"#;
        let found = Scenario { name: "s".into(), checks: parse(text).unwrap() };
        assert_eq!(found.counts(), Counts { passed: 1, failed: 1, ..Counts::default() });
        assert_eq!(found.faults(), ["Failure b: so"]);
        assert!(parse(r#"[{"id": "a", "status": "PERHAPS"}]"#).is_err());
    }

    #[test]
    fn only_what_was_judged_and_right_passes() {
        let passes = |statuses: &[Status]| {
            let found = scenario("s", statuses);
            assert_eq!(found.passes(), found.faults().is_empty());
            found.passes()
        };
        assert!(passes(&[Status::Success, Status::Info]));
        assert!(!passes(&[Status::Success, Status::Failure]));
        assert!(!passes(&[Status::Success, Status::Warning]));
        assert!(!passes(&[Status::Success, Status::Skipped]));
        assert!(!passes(&[Status::Info]));
        assert!(!passes(&[]));
    }

    #[test]
    fn lists_hold_the_scenarios_of_servers_alone() {
        let text = "Required (3)\n\nServer scenarios (test):\n  - a-b [2025-11-25]\n  - c\n\n\
                    Client scenarios (test):\n  - d\n";
        assert_eq!(listed(text), ["a-b", "c"]);
    }

    #[test]
    fn folders_are_named_by_scenario_and_time() {
        let name = "server-json-schema-2020-12-2026-11-21T12-37-15-755Z";
        assert_eq!(scenario_of(name), Some("json-schema-2020-12"));
        assert_eq!(scenario_of("harness.log"), None);
        assert_eq!(scenario_of("server-short"), None);
    }
}
