//! Instructions and allocations per call, in memory, and what they are as ratios.

use std::collections::BTreeMap;

use crate::{
    Result,
    callgrind::{self, Count},
    case::{Access, Side},
    child,
    issuer::Issuer,
};

/// Calls that are counted: enough for what happens only now and then to hardly matter.
const CALLS: u32 = 500;

/// Ratios of ours to the floor, by what was counted.
pub(crate) type Ratios = BTreeMap<String, f64>;

/// Counts all cases, prints them, and gives the ratios.
pub(crate) fn measure(issuer: &Issuer) -> Result<Ratios> {
    println!("per call in memory, mean of {CALLS}");
    println!("{:<26}{:>10}{:>10}{:>14}", "", "ours", "floor", "ours/floor");
    let mut ratios = Ratios::new();
    for access in Access::ALL {
        let ours = count(Side::Ours, access, issuer)?;
        let floor = count(Side::Floor, access, issuer)?;
        for (what, ours, floor) in [
            ("instructions", ours.instructions, floor.instructions),
            ("allocations", ours.allocations, floor.allocations),
        ] {
            let name = format!("{what}, {}", access.name());
            let [ours, floor] = [ours, floor].map(each);
            println!("{name:<26}{ours:>10.1}{floor:>10.1}{:>14.4}", ours / floor);
            ratios.insert(name, ours / floor);
        }
    }
    println!();
    Ok(ratios)
}

fn count(side: Side, access: Access, issuer: &Issuer) -> Result<Count> {
    let words = child::words(side, access, CALLS);
    let name = format!("callgrind.{}.{}.out", side.name(), access.name().replace(' ', "-"));
    let input = serde_json::to_string(issuer)?;
    callgrind::count(&words, &input, &std::env::current_exe()?.with_file_name(name))
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn each(count: u64) -> f64 {
    count as f64 / f64::from(CALLS)
}
