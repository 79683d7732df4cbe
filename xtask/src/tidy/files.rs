//! The files of the project, without asking git.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::source::{test_modules, tokens};

/// A file of Rust source.
#[derive(Debug)]
pub(crate) struct RustFile {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    /// Whether it is compiled for tests alone.
    pub(crate) is_test: bool,
}

/// Folders that hold what others made.
const FOREIGN: &[&str] = &["target", "node_modules", ".git", ".tools"];

/// Folders whose Rust files are test material, not source.
const MATERIAL: &[&str] = &["golden", "ui"];

/// The Rust files below a folder, sorted; `*` as a part of the path stands for every folder.
pub(crate) fn rust_below(place: &str) -> Result<Vec<RustFile>> {
    let mut paths = Vec::new();
    for folder in expand(Path::new(place))? {
        walk(&folder, &mut paths)?;
    }
    paths.retain(|path| {
        let material = path.iter().any(|part| MATERIAL.iter().any(|name| part == *name));
        !material && path.extension().is_some_and(|extension| extension == "rs")
    });
    paths.sort();
    let read = |path: PathBuf| -> Result<RustFile> {
        Ok(RustFile { text: fs::read_to_string(&path)?, path, is_test: false })
    };
    let mut files = paths.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    mark_tests(&mut files);
    Ok(files)
}

/// Every manifest of the workspace.
pub(crate) fn manifests() -> Result<Vec<(PathBuf, String)>> {
    let mut all = text_in(&["."])?;
    all.extend(text_in(&[
        "adapters",
        "crates",
        "xtask",
        "bench",
        "conformance",
        "examples",
        "fuzz",
        "tests",
    ])?);
    all.retain(|(path, _)| path.ends_with("Cargo.toml"));
    Ok(all)
}

/// Every text file below the folders; of `.`, those that lie in it directly.
pub(crate) fn text_in(folders: &[&str]) -> Result<Vec<(PathBuf, String)>> {
    let mut paths = Vec::new();
    for folder in folders {
        if *folder == "." {
            paths.extend(entries(Path::new("."))?.into_iter().filter(|path| path.is_file()));
        } else if Path::new(folder).is_dir() {
            walk(Path::new(folder), &mut paths)?;
        }
    }
    paths.sort();
    // What is not UTF-8 is not text.
    Ok(paths
        .into_iter()
        .filter_map(|path| fs::read_to_string(&path).ok().map(|text| (path, text)))
        .collect())
}

/// The paths that a pattern stands for, whether they exist or not; `*` is every folder there is.
pub(crate) fn expand(place: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = vec![PathBuf::new()];
    for part in place {
        let mut next = Vec::new();
        for folder in folders {
            if part == "*" {
                next.extend(entries(&folder)?.into_iter().filter(|path| path.is_dir()));
            } else {
                next.push(folder.join(part));
            }
        }
        folders = next;
    }
    Ok(folders)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result {
    for path in entries(folder)? {
        let foreign = path.file_name().is_some_and(|name| FOREIGN.iter().any(|it| name == *it));
        match (foreign, path.is_dir()) {
            (true, _) => {}
            (false, true) => walk(&path, found)?,
            (false, false) => found.push(path),
        }
    }
    Ok(())
}

pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    read.map(|entry| Ok(entry?.path())).collect()
}

/// A module declared under `#[cfg(test)]` is a test, and so is all that lies below it.
fn mark_tests(files: &mut [RustFile]) {
    let mut stems = Vec::new();
    for file in files.iter() {
        let found = tokens(&file.text);
        let stem = folder_of_modules(&file.path);
        stems.extend(test_modules(&found).into_iter().map(|name| stem.join(name)));
    }
    for file in files {
        let own = file.path.with_extension("");
        file.is_test = stems.iter().any(|stem| own.starts_with(stem));
    }
}

/// Where the modules that a file declares have their files.
fn folder_of_modules(path: &Path) -> PathBuf {
    let root =
        path.file_stem().is_some_and(|stem| ["lib", "main", "mod"].iter().any(|it| stem == *it));
    if root { path.parent().unwrap_or(path).to_owned() } else { path.with_extension("") }
}

#[cfg(test)]
mod tests {
    use super::{RustFile, mark_tests};

    #[test]
    fn modules_for_tests_are_marked_with_all_below() {
        let file = |path: &str, text: &str| RustFile {
            path: path.into(),
            text: text.to_owned(),
            is_test: false,
        };
        let mut files = [
            file("a/src/lib.rs", "mod b; #[cfg(test)] mod golden;"),
            file("a/src/golden.rs", ""),
            file("a/src/b.rs", "#[cfg(test)]\nmod tests;"),
            file("a/src/b/tests.rs", ""),
            file("a/src/b/tests/more.rs", ""),
            file("a/src/b/tests_of_life.rs", ""),
        ];
        mark_tests(&mut files);
        let marks = files.each_ref().map(|file| file.is_test);
        assert_eq!(marks, [false, true, false, true, true, false]);
    }
}
