//! Clients and an authorization server that others wrote, against the server of `tests/clients` and
//! an example.

pub(crate) mod browser;
mod install;
mod matrix;
pub(crate) mod oidc;
mod own;
mod refusals;
mod script;
mod sse;
mod stage;
mod table;

use crate::Result;

pub(crate) use self::install::{PYTHON, install};
use self::matrix::{Era, Over};
pub(crate) use self::stage::Stage;

/// What the server serves. Rows of anything else are run by `cargo xtask clients --all` alone.
const SERVED: &[(Over, Era)] = &[
    (Over::Http, Era::Modern),
    (Over::Http, Era::Legacy),
    (Over::Stdio, Era::Modern),
    (Over::Stdio, Era::Legacy),
];

/// Runs every client in what is served.
pub(crate) fn check() -> Result {
    run(|row| SERVED.contains(&row.kind()))
}

/// Runs every client in everything.
pub(crate) fn all() -> Result {
    run(|_| true)
}

fn run(wanted: fn(&matrix::Row) -> bool) -> Result {
    install()?;
    let (rows, left): (Vec<_>, Vec<_>) = matrix::rows().into_iter().partition(wanted);
    let results = matrix::run(&rows)?;
    let refusals = refusals::check();
    let sse = sse::check();
    let own = own::check();
    println!("\n{}", table::draw(&rows, &results)?);
    if !left.is_empty() {
        println!("not run, since not served yet: {}\n", table::names(&left));
    }
    print!("{}{}{}", refusals?, sse?, own?);
    table::judge(&results)
}
