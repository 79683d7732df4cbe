//! The client programs, exactly as locked, installed when they are missing or the locks have changed.

use std::fs;
use std::path::Path;

use crate::Result;
use crate::command::{output, program, run};

/// Python with the packages of `requirements.txt`, as named from `tests/clients`.
pub(super) const PYTHON: &str = "../../.tools/python/bin/python";

/// Its folder, as named from the root.
const VENV: &str = ".tools/python";

/// Makes sure of both; what is there already costs nothing.
pub(crate) fn install() -> Result {
    let node = output(&mut program("node", "--version"))?;
    let major = node.trim().trim_start_matches('v').split('.').next().unwrap_or_default();
    if major.parse::<u32>()? < 20 {
        return Err(format!("node 20 or later is needed, {} is here", node.trim()).into());
    }
    once("tests/clients/package-lock.json", "tests/clients/node_modules", || {
        let words = "ci --no-audit --no-fund --ignore-scripts --loglevel=error";
        run(program("npm", words).current_dir("tests/clients"))
    })?;
    once("tests/clients/requirements.txt", VENV, || {
        run(program("python3", "-m venv --clear").arg(VENV))?;
        let words = "-m pip install --quiet --disable-pip-version-check --no-compile \
                     --only-binary :all: --require-hashes -r tests/clients/requirements.txt";
        run(&mut program(".tools/python/bin/python", words))
    })
}

/// Fills a folder unless it was filled from this very lock; the copy of the lock is written last.
fn once(lock: &str, folder: &str, fill: impl FnOnce() -> Result) -> Result {
    let wanted = fs::read_to_string(lock)?;
    let stamp = Path::new(folder).join(".filled-from");
    if fs::read_to_string(&stamp).is_ok_and(|filled| filled == wanted) {
        return Ok(());
    }
    fill()?;
    Ok(fs::write(stamp, wanted)?)
}
