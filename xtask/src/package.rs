//! What a user of a registry would get, and the build that needs nothing of the system.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::command::{cargo, output, program, run};
use crate::manifest::{self, Package};
use crate::tidy::files;

/// What a build of OpenSSL from source leaves behind.
const VENDORED: &str = "target/vendored/debug/build/*/out/openssl-build/install/lib/libcrypto.a";

/// Where packages are made and built, anew each time.
const TARGET: &str = "target/packaged";

/// Packages every crate that is published and builds each package from its unpacked archive.
///
/// The crates depend on each other and none of them is in a registry yet; cargo packages them
/// together and lets the later ones see the earlier ones in a registry of its own making. Proven:
/// each archive holds every file its crate needs, with a manifest that a registry takes, and
/// compiles with its default features against the packaged siblings. Not proven: that a registry
/// would accept the names.
pub(crate) fn check() -> Result {
    let packages = manifest::read()?;
    let published: Vec<_> = packages.iter().filter(|package| package.is_published()).collect();
    forget(&published)?;
    let mut package = cargo("package --offline --locked --allow-dirty --target-dir");
    package.arg(TARGET);
    for it in &published {
        package.args(["--package", &it.name]);
    }
    run(&mut package)?;
    for it in &published {
        let archive = format!("{TARGET}/package/{}-{}.crate", it.name, it.version);
        holds_licences(&archive)?;
    }
    println!("{} packages built from their archives", published.len());
    Ok(())
}

/// Builds OpenSSL from source, as `toolgate-auth` does by default where nothing else is said.
///
/// In a target folder of its own: every other build here uses the system's OpenSSL.
pub(crate) fn vendored() -> Result {
    let mut build = cargo("build --locked --package toolgate-auth --target-dir target/vendored");
    run(build.env_remove("OPENSSL_NO_VENDOR"))?;
    // Where the system has OpenSSL too, a build that fell back to it would pass as well.
    let built = files::expand(Path::new(VENDORED))?;
    if built.iter().any(|library| library.is_file()) {
        return Ok(());
    }
    Err(format!("no {VENDORED}: OpenSSL was not built from source").into())
}

/// Forgets what cargo unpacked and built at an earlier time. It knows both by the folder that they
/// were packaged in and by version, and would build today's crates with those of then.
fn forget(published: &[&Package]) -> Result {
    if Path::new(TARGET).is_dir() {
        fs::remove_dir_all(TARGET)?;
    }
    let sources = home().map(|home| home.join("registry/src")).filter(|sources| sources.is_dir());
    let Some(sources) = sources else { return Ok(()) };
    // Registries in a folder have no host, so their names begin with the dash that follows one.
    let local = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"-"))
    };
    for registry in files::expand(&sources.join("*"))?.into_iter().filter(local) {
        for it in published {
            let unpacked = registry.join(format!("{}-{}", it.name, it.version));
            if unpacked.is_dir() {
                fs::remove_dir_all(unpacked)?;
            }
        }
    }
    Ok(())
}

/// Where cargo keeps what it was given.
fn home() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).map(PathBuf::from);
    set("CARGO_HOME").or_else(|| Some(set("HOME")?.join(".cargo")))
}

/// Both licences must travel with the code they are about.
fn holds_licences(archive: &str) -> Result {
    let list = output(program("tar", "-tzf").arg(archive))?;
    let lacking = ["LICENSE-APACHE", "LICENSE-MIT"]
        .into_iter()
        .find(|name| !list.lines().any(|line| line.ends_with(&format!("/{name}"))));
    lacking.map_or(Ok(()), |name| Err(format!("{archive} lacks {name}").into()))
}
