//! What of it is a fault: which scenarios may still fail, which no longer, and whether runs are alike.

use super::NotYet;
use super::checks::Scenario;
use super::harness::Leg;

/// What one leg found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) leg: Leg,
    pub(super) scenarios: Vec<Scenario>,
}

/// How a scenario stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Passes,
    /// It may fail, for this reason.
    NotYet(&'static str),
    Fails,
    /// It may fail and does not.
    Stale,
}

pub(super) fn standing(revision: &str, scenario: &Scenario, not_yet: &[NotYet]) -> Standing {
    let excuse = not_yet.iter().find(|(of, name, _)| *of == revision && *name == scenario.name);
    match (excuse, scenario.passes()) {
        (None, true) => Standing::Passes,
        (None, false) => Standing::Fails,
        (Some(_), true) => Standing::Stale,
        (Some((_, _, why)), false) => Standing::NotYet(why),
    }
}

/// Every fault of a run, a line each.
pub(super) fn faults(found: &[Found], not_yet: &[NotYet]) -> Vec<String> {
    let mut faults = Vec::new();
    for Found { leg, scenarios } in found {
        let set = if leg.scored { " (scored)" } else { "" };
        for scenario in scenarios {
            let of = format!("{}{set} {}", leg.revision, scenario.name);
            match standing(leg.revision, scenario, not_yet) {
                Standing::Passes | Standing::NotYet(_) => {}
                Standing::Fails => {
                    faults.extend(scenario.faults().iter().map(|row| format!("{of}: {row}")));
                }
                Standing::Stale => faults.push(format!("{of} passes: take it out of NOT_YET")),
            }
        }
    }
    faults.extend(unknown(found, not_yet));
    faults
}

/// What may fail and is not run at all.
fn unknown(found: &[Found], not_yet: &[NotYet]) -> Vec<String> {
    let is_run = |revision: &str, name: &str| {
        let mut legs = found.iter().filter(|found| found.leg.revision == revision);
        legs.any(|found| found.scenarios.iter().any(|scenario| scenario.name == name))
    };
    let unknown = not_yet.iter().filter(|(revision, name, _)| !is_run(revision, name));
    unknown.map(|(revision, name, _)| format!("NOT_YET names {revision} {name}: no such")).collect()
}

/// Where a run differs from the first, a line for each scenario.
pub(super) fn unlike(first: &[Found], other: &[Found]) -> Vec<String> {
    let mut lines = Vec::new();
    for (one, two) in first.iter().zip(other) {
        if one.scenarios.len() != two.scenarios.len() {
            lines.push(format!("{}: another number of scenarios", one.leg.revision));
        }
        for (one_of, two_of) in one.scenarios.iter().zip(&two.scenarios) {
            let (was, is) = (one_of.rows(), two_of.rows());
            if one_of.name != two_of.name || was != is {
                let of = format!("{} {}", one.leg.revision, one_of.name);
                lines.push(format!("{of}: {was:?}, then {}: {is:?}", two_of.name));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::checks::{Scenario, Status, tests::scenario};
    use super::{Found, Leg, faults, unlike};

    fn found(scenarios: Vec<Scenario>) -> Vec<Found> {
        vec![Found { leg: Leg { revision: "2026-07-28", scored: false }, scenarios }]
    }

    #[test]
    fn every_row_that_is_not_right_is_a_fault_unless_it_may_fail_yet() {
        let bad = [Status::Success, Status::Failure, Status::Warning];
        let run = found(vec![scenario("a", &bad), scenario("b", &[Status::Success])]);
        assert_eq!(faults(&run, &[]).len(), 2);
        assert!(faults(&run, &[("2026-07-28", "a", "missing")]).is_empty());
        // Another revision's excuse counts for nothing, and is one of nothing.
        assert_eq!(faults(&run, &[("2025-11-25", "a", "missing")]).len(), 3);
    }

    #[test]
    fn an_excuse_ends_when_it_is_no_longer_needed() {
        let run = found(vec![scenario("a", &[Status::Success])]);
        let told = faults(&run, &[("2026-07-28", "a", "missing")]);
        assert_eq!(told, ["2026-07-28 a passes: take it out of NOT_YET"]);
        assert_eq!(faults(&run, &[("2026-07-28", "gone", "missing")]).len(), 1);
    }

    #[test]
    fn a_scenario_that_left_nothing_has_failed() {
        let told = faults(&found(vec![scenario("a", &[])]), &[]);
        assert_eq!(told, ["2026-07-28 a: the scenario was not run"]);
    }

    #[test]
    fn runs_are_alike_when_their_judged_rows_are() {
        let run = |statuses: &[Status]| found(vec![scenario("a", statuses)]);
        let first = run(&[Status::Success]);
        assert!(unlike(&first, &run(&[Status::Success, Status::Info])).is_empty());
        assert_eq!(unlike(&first, &run(&[Status::Failure])).len(), 1);
        assert_eq!(unlike(&first, &run(&[Status::Success, Status::Success])).len(), 1);
        assert_eq!(unlike(&first, &found(Vec::new())).len(), 1);
    }
}
