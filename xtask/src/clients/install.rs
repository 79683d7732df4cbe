//! The client programs, exactly as locked, installed when they are missing or the locks have changed.

use crate::Result;
use crate::command::{output, program, run};
use crate::locked;

/// Python with the packages of `requirements.txt`, as named from `tests/clients`.
pub(crate) const PYTHON: &str = "../../.tools/python/bin/python";

/// Its folder, as named from the root.
const VENV: &str = ".tools/python";

/// Makes sure of both; what is there already costs nothing.
pub(crate) fn install() -> Result {
    let node = output(&mut program("node", "--version"))?;
    let major = node.trim().trim_start_matches('v').split('.').next().unwrap_or_default();
    if major.parse::<u32>()? < 20 {
        return Err(format!("node 20 or later is needed, {} is here", node.trim()).into());
    }
    locked::npm("tests/clients")?;
    locked::once("tests/clients/requirements.txt", VENV, || {
        run(program("python3", "-m venv --clear").arg(VENV))?;
        let words = "-m pip install --quiet --disable-pip-version-check --no-compile \
                     --only-binary :all: --require-hashes -r tests/clients/requirements.txt";
        run(&mut program(".tools/python/bin/python", words))
    })
}
