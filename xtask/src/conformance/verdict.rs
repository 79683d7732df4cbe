//! What of it is a fault: every row that is not right, and runs that are not alike.

use super::checks::Scenario;
use super::harness::Leg;

/// What one leg found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) leg: Leg,
    pub(super) scenarios: Vec<Scenario>,
}

/// Every fault of a run, a line each.
pub(super) fn faults(found: &[Found]) -> Vec<String> {
    let mut faults = Vec::new();
    for Found { leg, scenarios } in found {
        let set = if leg.scored { " (scored)" } else { "" };
        for scenario in scenarios.iter().filter(|scenario| !scenario.passes()) {
            let of = format!("{}{set} {}", leg.revision, scenario.name);
            faults.extend(scenario.faults().iter().map(|row| format!("{of}: {row}")));
        }
    }
    faults
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
    fn every_row_that_is_not_right_is_a_fault() {
        let bad = [Status::Success, Status::Failure, Status::Warning];
        let run = found(vec![scenario("a", &bad), scenario("b", &[Status::Success])]);
        assert_eq!(faults(&run).len(), 2);
    }

    #[test]
    fn a_scenario_that_left_nothing_has_failed() {
        let told = faults(&found(vec![scenario("a", &[])]));
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
