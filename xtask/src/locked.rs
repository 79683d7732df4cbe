//! Folders that are filled exactly as a lock says, when they are missing or the lock has changed.

use std::fs;
use std::path::Path;

use crate::Result;
use crate::command::{program, run};

/// The packages of the folder's `package-lock.json`, in its `node_modules`.
pub(crate) fn npm(folder: &str) -> Result {
    let lock = format!("{folder}/package-lock.json");
    once(&lock, &format!("{folder}/node_modules"), || {
        let words = "ci --no-audit --no-fund --ignore-scripts --loglevel=error";
        run(program("npm", words).current_dir(folder))
    })
}

/// Fills a folder unless it was filled from this very lock; the copy of the lock is written last.
pub(crate) fn once(lock: &str, folder: &str, fill: impl FnOnce() -> Result) -> Result {
    let wanted = fs::read_to_string(lock)?;
    let stamp = Path::new(folder).join(".filled-from");
    if fs::read_to_string(&stamp).is_ok_and(|filled| filled == wanted) {
        return Ok(());
    }
    fill()?;
    Ok(fs::write(stamp, wanted)?)
}
