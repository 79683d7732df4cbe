//! nginx, configured as `docs/DEPLOY.md` says, in front of real servers: what has to get through it.

mod bodies;
mod certificates;
mod era;
mod nginx;
mod nodes;
mod prefix;
mod stage;
mod streams;

use self::nginx::Nginx;
use self::stage::Stage;
use crate::Result;

type Check = fn(&Stage) -> Result<String>;

const CHECKS: &[(&str, Check)] = &[
    ("note by note", streams::note_by_note),
    ("unbuffered", streams::unbuffered),
    ("a client that left", streams::left),
    ("large bodies", bodies::large),
    ("prefix", prefix::public),
    ("idle", streams::idle),
    ("any node", nodes::any),
    ("any node, legacy", nodes::any_legacy),
    ("session", nodes::session),
    ("certificates of clients", certificates::told),
];

/// Runs every check, and fails with every fault.
pub(crate) fn check() -> Result {
    let stage = Stage::start()?;
    let mut faults = Vec::new();
    for (name, check) in CHECKS {
        match check(&stage) {
            Ok(found) => println!("{name}: {found}"),
            Err(fault) => {
                println!("{name}: FAILED");
                faults.push(format!("{name}: {fault}"));
            }
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(format!("\n{}\nnginx said:\n{}", faults.join("\n"), Nginx::errors()).into())
}
