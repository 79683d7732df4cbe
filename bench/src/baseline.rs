//! The measures that are kept, and whether new ones still hold them.

use std::fs;

use crate::{
    Result,
    counts::{AMONG, BYTES, CROWD, KNOWN, LEGACY, Measures},
};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/baseline.json");

/// How far a ratio of instructions may be off, as a part of it: several times what repeated runs
/// differ by, and what another machine makes of it, since libc and OpenSSL choose their code by CPU.
/// Allocations repeat exactly, but for what many calls share.
const TOLERANCE: f64 = 0.02;

/// What no baseline may allow, by how the measure's name begins: what the old era may cost, and what
/// other tools may cost the one that is called, what a remembered token may cost over another.
const LIMITS: &[(&str, f64)] =
    &[(LEGACY, 1.15), (CROWD, 1.15), (BYTES, 2048.0), (AMONG, 1.03), (KNOWN, 0.05)];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finding {
    Held,
    Better,
    Worse,
    New,
}

/// Writes the measures down as the new measure, if none is beyond its limit.
pub(crate) fn bless(measures: &Measures) -> Result {
    let beyond: Vec<String> =
        measures.iter().filter_map(|(name, measure)| beyond(name, *measure)).collect();
    if !beyond.is_empty() {
        return Err(format!("baseline.json: not written\n{}", beyond.join("\n")).into());
    }
    let rounded = measures.iter().map(|(name, measure)| (name, (measure * 1e4).round() / 1e4));
    let text =
        serde_json::to_string_pretty(&rounded.collect::<std::collections::BTreeMap<_, _>>())?;
    fs::write(PATH, text + "\n")?;
    println!("baseline.json: written");
    Ok(())
}

/// Fails where ours got worse.
pub(crate) fn check(measures: &Measures) -> Result {
    let kept: Measures = serde_json::from_str(&fs::read_to_string(PATH)?)?;
    let mut faults = Vec::new();
    for (name, measure) in measures {
        faults.extend(beyond(name, *measure));
        let before = kept.get(name).copied();
        let told = format!("{name}: {measure:.4}, kept {:.4}", before.unwrap_or(f64::NAN));
        match judge(*measure, before, tolerance(name)) {
            Finding::Held => {}
            Finding::Better => println!("{told}: better; lower the baseline with --bless"),
            Finding::Worse => faults.push(format!("{told}: worse")),
            Finding::New => faults.push(format!("{told}: new; write it down with --bless")),
        }
    }
    if faults.is_empty() {
        println!("baseline.json: held");
        return Ok(());
    }
    Err(format!("baseline.json\n{}", faults.join("\n")).into())
}

/// What is beyond its limit, in words.
fn beyond(name: &str, measure: f64) -> Option<String> {
    let (_, limit) = LIMITS.iter().find(|(beginning, _)| name.starts_with(beginning))?;
    // What is no number is within no limit.
    let within = measure <= *limit;
    (!within).then(|| format!("{name}: {measure:.4}, may be {limit}"))
}

/// Far less than one allocation in any number that a call may come to.
fn tolerance(name: &str) -> f64 {
    if name.starts_with("allocations") { 1e-3 } else { TOLERANCE }
}

fn judge(measure: f64, kept: Option<f64>, tolerance: f64) -> Finding {
    // Ours may need less than the floor, so what is kept may be below nothing.
    let slack = |kept: f64| kept.abs() * tolerance;
    match kept {
        None => Finding::New,
        Some(kept) if measure < kept - slack(kept) => Finding::Better,
        Some(kept) if measure <= kept + slack(kept) => Finding::Held,
        // What is no number is not held either.
        Some(_) => Finding::Worse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_grew_or_is_unknown_fails() {
        let rows = [
            (2.0, Some(2.0), Finding::Held),
            (2.0 + TOLERANCE, Some(2.0), Finding::Held),
            (2.0 + 3.0 * TOLERANCE, Some(2.0), Finding::Worse),
            (2.0 - 3.0 * TOLERANCE, Some(2.0), Finding::Better),
            (-25.0, Some(-25.0), Finding::Held),
            (-24.0, Some(-25.0), Finding::Worse),
            (-26.0, Some(-25.0), Finding::Better),
            (f64::NAN, Some(2.0), Finding::Worse),
            (2.0, None, Finding::New),
        ];
        for (measure, kept, finding) in rows {
            assert_eq!(judge(measure, kept, TOLERANCE), finding, "{measure} {kept:?}");
        }
        let one_more = judge(63.0, Some(62.0), tolerance("allocations, no token"));
        assert_eq!(one_more, Finding::Worse);
    }

    #[test]
    fn a_limit_is_a_limit_whatever_is_kept() {
        let name = format!("{LEGACY}, JWT");
        assert_eq!(beyond(&name, 1.15), None);
        assert!(beyond(&name, 1.16).is_some() && beyond(&name, f64::NAN).is_some());
        assert!(beyond(BYTES, 2049.0).is_some());
        assert_eq!(beyond(AMONG, 1.03), None);
        assert!(beyond(AMONG, 1.0301).is_some());
        assert_eq!(beyond("instructions, JWT", 9.0), None);
        assert!(bless(&Measures::from([(name, 2.0)])).is_err());
    }
}
