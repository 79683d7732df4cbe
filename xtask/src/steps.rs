//! The steps by name, the two lists of them, and how a list is run and told.

use std::time::{Duration, Instant};

use crate::command::{cargo, program, run};
use crate::{
    Result, cedar, clients, conformance, examples, fuzz, layers, lint, outside, package, probe,
    proxy, suite, tidy, tools,
};

/// What steps leave for the end of the run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// The closing lines of the test runners, word for word.
    pub(crate) closing: Vec<String>,
}

type Step = (&'static str, fn(&mut Report) -> Result);

/// Before every commit: what is quick. What it leaves out of a step is said there.
const CHECK: &[Step] = &[
    ("format", |_| lint::format()),
    ("layers", |_| layers::check()),
    ("tidy", |_| tidy::check()),
    ("clippy", |_| lint::clippy()),
    ("tests", suite::brief),
];

/// Everything, from a bare machine. The quick ones first, so that a fault shows early.
const CI: &[Step] = &[
    ("tools", |_| tools::install()),
    ("format", |_| lint::format()),
    ("layers", |_| layers::check()),
    ("tidy", |_| tidy::check()),
    ("clippy", |_| lint::clippy()),
    ("clippy-features", |_| lint::clippy_features()),
    ("doc-tests", suite::doc_tests),
    ("tests", suite::run),
    ("fuzz", |_| fuzz::check()),
    ("deny", |_| tools::deny()),
    ("rustdoc", |_| lint::rustdoc()),
    ("cedar", |_| cedar::check()),
    ("package", |_| package::check()),
    ("outside", |_| outside::check()),
    ("examples", |_| examples::check()),
    ("clients", |_| clients::check()),
    ("oidc", |_| clients::oidc::check()),
    ("probe", |_| probe::check()),
    ("browser", |_| clients::browser::check()),
    ("proxy", |_| proxy::check()),
    ("conformance", |_| conformance::check()),
    ("bench", |_| run(&mut cargo("run --release -p toolgate-bench -- --counts --check"))),
    ("streams", |_| run(&mut cargo("run --release -p toolgate-bench -- --streams"))),
    ("flood", |_| run(&mut cargo("run --release -p toolgate-bench -- --flood"))),
    ("vendored", |_| package::vendored()),
];

/// Runs what was asked for: a list, one step of a list, or one of the commands beside them.
pub(crate) fn dispatch(name: &str, rest: &[String]) -> Result {
    match name {
        "check" => run_all(CHECK),
        "ci" => run_all(CI),
        "golden" => golden(),
        // Alone, the benchmark takes its own arguments.
        "bench" => run(cargo("run --release -p toolgate-bench --").args(rest)),
        "clients" if rest == ["--all"] => clients::all(),
        "probe" if !rest.is_empty() => probe::named(rest),
        "conformance" if !rest.is_empty() => conformance::told(rest),
        _ => {
            let step = CI.iter().find(|(known, _)| *known == name).ok_or_else(usage)?;
            run_all(std::slice::from_ref(step))
        }
    }
}

/// Runs the steps in order up to the first that fails, and tells what each of them took.
///
/// The closing lines of the test runners are repeated at the very end.
fn run_all(steps: &[Step]) -> Result {
    let mut report = Report::default();
    let mut times = Vec::new();
    let mut failure = None;
    for (name, step) in steps {
        println!("\n==> {name}");
        let start = Instant::now();
        let result = step(&mut report);
        times.push((*name, start.elapsed()));
        println!("<== {name}: {:.1} s", start.elapsed().as_secs_f64());
        if let Err(error) = result {
            failure = Some(format!("step `{name}` failed: {error}"));
            break;
        }
    }
    println!("\n{}", table(&times));
    for line in &report.closing {
        println!("{line}");
    }
    failure.map_or(Ok(()), |failure| Err(failure.into()))
}

fn table(times: &[(&str, Duration)]) -> String {
    let total: Duration = times.iter().map(|(_, took)| *took).sum();
    let rows = times.iter().copied().chain(std::iter::once(("total", total)));
    rows.map(|(name, took)| format!("{name:<16}{:>8.1} s\n", took.as_secs_f64())).collect()
}

/// Rewrites the golden files: macro expansions, and the compiler's words about users' faults.
fn golden() -> Result {
    run(cargo("test -p toolgate-macros").env("BLESS", "1"))?;
    run(cargo("test -p toolgate-tests --test it ui").env("TRYBUILD", "overwrite"))?;
    run(&mut program("git", "status --short crates/toolgate-macros/tests tests/ui"))
}

fn usage() -> String {
    let steps: Vec<&str> = CI.iter().map(|(name, _)| *name).collect();
    format!(
        "usage: cargo xtask check | ci | golden | bench [--check] | clients --all | \
         conformance --runs N | probe URL [--token T] [--wrong-token T] [--other-token T] \
         [--page ORIGIN] [--by-hand | --open] | {}",
        steps.join(" | ")
    )
}

#[cfg(test)]
mod tests {
    use super::{CHECK, CI, table};
    use std::time::Duration;

    #[test]
    fn ci_holds_every_step_of_check() {
        for (name, _) in CHECK {
            assert!(CI.iter().any(|(known, _)| known == name), "{name}");
        }
    }

    #[test]
    fn the_table_adds_up() {
        let text = table(&[("a", Duration::from_millis(1500)), ("b", Duration::from_secs(2))]);
        assert_eq!(text.lines().last().unwrap().split_whitespace().nth(1), Some("3.5"));
    }
}
