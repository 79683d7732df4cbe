//! Instructions and allocations per call, in memory, and what they are as ratios.

use std::collections::BTreeMap;

use crate::{
    Result,
    callgrind::{self, Count},
    case::{Access, Side},
    child, idle,
    issuer::Issuer,
};

/// Calls of two runs. What they differ by took the calls that one has more: enough of them for what
/// happens only now and then to hardly matter.
const CALLS: [usize; 2] = [100, 500];

/// A call in a session, over one of the modern era.
pub(crate) const LEGACY: &str = "instructions, in a session";
/// A call in one of many sessions, over one in the only one.
pub(crate) const CROWD: &str = "instructions, in one of 10,000 sessions";
/// A call among many tools, over one where there is one tool.
pub(crate) const AMONG: &str = "instructions, tools/call among 1,000 tools";
/// A token that is remembered, over one that is verified anew, by the authenticator alone: besides
/// SHA-256, for which callgrind has none of the CPU's instructions.
pub(crate) const KNOWN: &str = "instructions, a remembered token";
/// What a session takes.
pub(crate) const BYTES: &str = "bytes of an idle session";

/// What is kept, by what was counted: instructions as a ratio, allocations as those that ours has
/// more than the floor, which do not change with the version of OpenSSL, or all of them where OpenSSL
/// has no part, and bytes as they are.
pub(crate) type Measures = BTreeMap<String, f64>;

/// Counts all cases, prints them, and gives what is kept.
pub(crate) fn measure(issuer: &Issuer) -> Result<Measures> {
    let mut measures = Measures::new();
    println!("per call in memory, by callgrind");
    for access in Access::ALL {
        let access_name = access.name();
        println!("{:<44}{:>10}{:>14}", access_name, "counted", "kept");
        let [ours, floor, legacy, crowd] = [
            count(Side::Ours, access, issuer)?,
            count(Side::Floor, access, issuer)?,
            count(Side::Legacy, access, issuer)?,
            count(Side::Crowd, access, issuer)?,
        ];
        shown("instructions of the floor", floor.instructions, None);
        shown("allocations of the floor", floor.allocations, None);
        let ratio = |one: &PerCall, other: &PerCall| one.instructions / other.instructions;
        for (what, counted, kept) in [
            ("instructions", ours.instructions, ratio(&ours, &floor)),
            ("allocations", ours.allocations, ours.allocations - floor.allocations),
            (LEGACY, legacy.instructions, ratio(&legacy, &ours)),
            (CROWD, crowd.instructions, ratio(&crowd, &legacy)),
        ] {
            shown(what, counted, Some(kept));
            measures.insert(format!("{what}, {access_name}"), kept);
        }
        if access == Access::Token {
            tokens(access, issuer, &ours, &mut measures)?;
        }
        // A token costs each of these what it costs a call.
        if access == Access::Anybody {
            asked(access, issuer, &ours, &mut measures)?;
        }
        println!();
    }
    let bytes = idle::measure()?;
    shown(BYTES, bytes, Some(bytes));
    measures.insert(BYTES.into(), bytes);
    println!();
    Ok(measures)
}

/// What a token costs: a call whose token is verified anew, over one whose token is remembered; and the
/// same without the call.
fn tokens(access: Access, issuer: &Issuer, call: &PerCall, measures: &mut Measures) -> Result {
    let [anew, known, unknown] = [
        count(Side::Anew, access, issuer)?,
        count(Side::Known, access, issuer)?,
        count(Side::Unknown, access, issuer)?,
    ];
    let besides = |it: &PerCall| it.instructions - it.hashing;
    shown("instructions, a new token", unknown.instructions, None);
    shown("instructions, SHA-256 of a remembered token", known.hashing, None);
    for (what, counted, kept) in [
        (
            "instructions, a call verified anew",
            anew.instructions,
            anew.instructions / call.instructions,
        ),
        (KNOWN, besides(&known), besides(&known) / besides(&unknown)),
        ("allocations, a remembered token", known.allocations, known.allocations),
    ] {
        shown(what, counted, Some(kept));
        measures.insert(what.into(), kept);
    }
    Ok(())
}

/// What is asked besides: instructions over those of a call, and all allocations.
fn asked(access: Access, issuer: &Issuer, call: &PerCall, measures: &mut Measures) -> Result {
    for (side, name) in [
        (Side::Among, AMONG),
        (Side::List, "instructions, tools/list of 1,000 tools"),
        (Side::Read, "instructions, resources/read"),
        (Side::Notes, "instructions, 10 notes and a reply"),
    ] {
        let each = count(side, access, issuer)?;
        let more = name.replacen("instructions", "allocations", 1);
        for (what, counted, kept) in [
            (name, each.instructions, each.instructions / call.instructions),
            (&*more, each.allocations, each.allocations),
        ] {
            shown(what, counted, Some(kept));
            measures.insert(what.into(), kept);
        }
    }
    Ok(())
}

fn shown(what: &str, counted: f64, kept: Option<f64>) {
    let kept = kept.map(|kept| format!("{kept:.4}")).unwrap_or_default();
    println!("{what:<44}{counted:>10.1}{kept:>14}");
}

struct PerCall {
    instructions: f64,
    hashing: f64,
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
        hashing: each(few.hashing, many.hashing),
        allocations: each(few.allocations, many.allocations),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_runs_have_in_common_does_not_count() {
        let count = |instructions, allocations| Count { instructions, hashing: 0, allocations };
        let each = difference(count(1000, 77), count(3000, 87), 4);
        assert_eq!((each.instructions, each.allocations), (500.0, 2.5));
    }
}
