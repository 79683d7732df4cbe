//! What rustfmt, clippy and rustdoc say.

use crate::Result;
use crate::command::{cargo, run};

/// The crates with default features, each with the sets to be linted instead of the default.
///
/// One invocation for each: together cargo would unite their features.
const REDUCED: &[(&str, &[&str])] = &[
    ("toolgate", &["", "api-keys", "http", "jwt", "macros", "stdio", "tls"]),
    ("toolgate-transport", &["", "http", "stdio", "tls"]),
    ("toolgate-auth", &["", "api-keys", "jwt"]),
];

pub(crate) fn format() -> Result {
    run(&mut cargo("fmt --all --check"))
}

pub(crate) fn clippy() -> Result {
    run(&mut cargo("clippy --workspace --all-targets -- -D warnings"))
}

pub(crate) fn clippy_features() -> Result {
    run(&mut cargo("clippy --workspace --all-targets --all-features -- -D warnings"))?;
    for (package, sets) in REDUCED {
        for set in *sets {
            let mut clippy = cargo("clippy --no-default-features");
            clippy.args(["--package", package]);
            if !set.is_empty() {
                clippy.args(["--features", set]);
            }
            run(clippy.args(["--", "-D", "warnings"]))?;
        }
    }
    Ok(())
}

pub(crate) fn rustdoc() -> Result {
    let mut doc = cargo("doc --workspace --no-deps --all-features");
    run(doc.env("RUSTDOCFLAGS", "-D warnings"))
}
