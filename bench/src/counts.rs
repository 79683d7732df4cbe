//! Instructions and allocations per call, in memory, and what they are as ratios.

use std::collections::BTreeMap;

use crate::{
    Result,
    callgrind::{self, Count},
    case::{Access, Side},
    child,
    issuer::Issuer,
};

/// Calls of two runs. What they differ by took the calls that one has more: enough of them for what
/// happens only now and then to hardly matter.
const CALLS: [usize; 2] = [100, 500];

/// What is kept, by what was counted: instructions as the ratio of ours to the floor, allocations as
/// those that we have more, which do not change with the version of OpenSSL.
pub(crate) type Measures = BTreeMap<String, f64>;

/// Counts all cases, prints them, and gives what is kept.
pub(crate) fn measure(issuer: &Issuer) -> Result<Measures> {
    println!("per call in memory, by callgrind");
    println!("{:<26}{:>10}{:>10}{:>14}", "", "ours", "floor", "kept");
    let mut measures = Measures::new();
    for access in Access::ALL {
        let ours = count(Side::Ours, access, issuer)?;
        let floor = count(Side::Floor, access, issuer)?;
        let ratio = ours.instructions / floor.instructions;
        let more = ours.allocations - floor.allocations;
        for (what, ours, floor, kept) in [
            ("instructions", ours.instructions, floor.instructions, ratio),
            ("allocations", ours.allocations, floor.allocations, more),
        ] {
            let name = format!("{what}, {}", access.name());
            println!("{name:<26}{ours:>10.1}{floor:>10.1}{kept:>14.4}");
            measures.insert(name, kept);
        }
    }
    println!();
    Ok(measures)
}

struct PerCall {
    instructions: f64,
    allocations: f64,
}

fn count(side: Side, access: Access, issuer: &Issuer) -> Result<PerCall> {
    let name = format!("callgrind.{}.{}.out", side.name(), access.name().replace(' ', "-"));
    let profile = std::env::current_exe()?.with_file_name(name);
    let input = serde_json::to_string(issuer)?;
    let run = |calls| callgrind::count(&child::words(side, access, calls), &input, &profile);
    let [few, many] = CALLS;
    Ok(difference(run(few)?, run(many)?, many - few))
}

fn difference(few: Count, many: Count, calls: usize) -> PerCall {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let each = |few: u64, many: u64| many.saturating_sub(few) as f64 / calls as f64;
    PerCall {
        instructions: each(few.instructions, many.instructions),
        allocations: each(few.allocations, many.allocations),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_runs_have_in_common_does_not_count() {
        let count = |instructions, allocations| Count { instructions, allocations };
        let each = difference(count(1000, 77), count(3000, 87), 4);
        assert_eq!((each.instructions, each.allocations), (500.0, 2.5));
    }
}
