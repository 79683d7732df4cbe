//! What a whole process logs, and the secrets that are made in it, written to a folder: for whoever
//! looks afterwards whether one is in the other.
//!
//! The unit tests of toolgate-auth, toolgate-server and toolgate-transport are compiled with this very
//! file: the test kit's own tests depend on two of the three.

use std::{
    env,
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    process,
    sync::{LazyLock, Mutex, PoisonError},
};

use tracing_subscriber::filter::LevelFilter;

/// The variable that names the folder. Without it nothing is kept.
const FOLDER: &str = "KEPT_LOGS";

static KEPT: LazyLock<Option<Kept>> = LazyLock::new(|| {
    let kept = Kept::below(Path::new(&env::var_os(FOLDER)?))?;
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(|| Line)
        .finish();
    // A process that logs to a place of its own keeps doing that.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Some(kept)
});

struct Kept {
    logs: Mutex<File>,
    secrets: Mutex<File>,
}

impl Kept {
    /// Files of this process's own, which name its program. None where there can be none; whoever looks
    /// misses them.
    fn below(folder: &Path) -> Option<Self> {
        let program = env::current_exe().ok()?;
        let program = program.file_stem()?.to_string_lossy().into_owned();
        let open = |kind: &str| {
            let name = format!("{kind}-{program}-{}", process::id());
            let file = OpenOptions::new().create(true).append(true).open(folder.join(name));
            Some(Mutex::new(file.ok()?))
        };
        Some(Self { logs: open("logs")?, secrets: open("secrets")? })
    }
}

/// Tells that a token was made, or what one can be had for, or whatever else no log may have. From the
/// first one on, what this process logs is kept.
pub(crate) fn minted(secret: &str) {
    if let Some(kept) = &*KEPT {
        append(&kept.secrets, format!("{secret}\n").as_bytes());
    }
}

/// Keeps what somebody else has captured.
pub(crate) fn also(line: &[u8]) {
    if let Some(kept) = &*KEPT {
        append(&kept.logs, line);
    }
}

/// In one piece. A file that cannot be written to leaves less to look at, which is seen there.
fn append(file: &Mutex<File>, bytes: &[u8]) {
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = file.write_all(bytes);
}

/// One event; tracing-subscriber writes it in one piece.
struct Line;

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        also(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
