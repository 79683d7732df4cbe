//! The adapter for Cedar: a workspace of its own, so that nobody compiles Cedar who does not use it.

use crate::Result;
use crate::command::{cargo, run};

const PLACE: &[&str] = &["--manifest-path", "adapters/cedar/Cargo.toml"];

/// Apart from the workspace's, whose features are others.
const TARGET: &[&str] = &["--target-dir", "target/cedar"];

/// Makes sure of what it depends on.
pub(crate) fn install() -> Result {
    run(cargo("fetch --locked").args(PLACE))
}

pub(crate) fn check() -> Result {
    run(cargo("fmt --check").args(PLACE))?;
    let offline = "--offline --locked --all-targets";
    run(cargo(&format!("clippy {offline}"))
        .args(PLACE)
        .args(TARGET)
        .args(["--", "-D", "warnings"]))?;
    run(cargo("test --offline --locked").args(PLACE).args(TARGET))
}
