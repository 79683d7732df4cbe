//! The ratios that are kept, and whether new ones still hold them.

use std::fs;

use crate::{Result, counts::Ratios};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/baseline.json");

/// How far a ratio may be off, as a part of it: several times what repeated runs differ by, and less
/// than one allocation more.
const TOLERANCE: f64 = 0.005;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finding {
    Held,
    Better,
    Worse,
    New,
}

/// Writes the ratios down as the new measure.
pub(crate) fn bless(ratios: &Ratios) -> Result {
    let rounded = ratios.iter().map(|(name, ratio)| (name, (ratio * 1e4).round() / 1e4));
    let text =
        serde_json::to_string_pretty(&rounded.collect::<std::collections::BTreeMap<_, _>>())?;
    fs::write(PATH, text + "\n")?;
    println!("baseline.json: written");
    Ok(())
}

/// Fails where ours got worse.
pub(crate) fn check(ratios: &Ratios) -> Result {
    let kept: Ratios = serde_json::from_str(&fs::read_to_string(PATH)?)?;
    let mut faults = Vec::new();
    for (name, ratio) in ratios {
        let before = kept.get(name).copied();
        let told = format!("{name}: {ratio:.4}, kept {:.4}", before.unwrap_or(f64::NAN));
        match judge(*ratio, before) {
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

fn judge(ratio: f64, kept: Option<f64>) -> Finding {
    match kept {
        None => Finding::New,
        Some(kept) if ratio < kept * (1.0 - TOLERANCE) => Finding::Better,
        Some(kept) if ratio <= kept * (1.0 + TOLERANCE) => Finding::Held,
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
            (f64::NAN, Some(2.0), Finding::Worse),
            (2.0, None, Finding::New),
        ];
        for (ratio, kept, finding) in rows {
            assert_eq!(judge(ratio, kept), finding, "{ratio} {kept:?}");
        }
    }
}
