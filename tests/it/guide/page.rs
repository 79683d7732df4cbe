//! Each page of the guide shows the file that runs; `BLESS=1` writes the files into the pages.

use std::{collections::BTreeSet, fs, path::Path};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The names of the files of a folder that end so, without that end.
fn names(folder: &str, end: &str) -> BTreeSet<String> {
    let files = fs::read_dir(Path::new(ROOT).join(folder)).expect("a folder");
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.strip_suffix(end).map(str::to_owned)).collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What a page each is about, by name, with the file that it shows.
fn chapters() -> Vec<(String, String)> {
    let mut files = names("examples/guide", ".rs");
    assert!(files.remove("main"));
    let path = |name: &String| format!("examples/guide/{name}.rs");
    files.into_iter().map(|name| (name.clone(), path(&name))).collect()
}

/// The page with the file in its one block of Rust; none where it has no such block.
fn showing(page: &str, path: &str, file: &str) -> Option<String> {
    let mark = format!("<!-- {path} -->\n```rust,ignore\n");
    let (before, rest) = page.split_once(&mark)?;
    let (_, after) = rest.split_once("```\n")?;
    Some(format!("{before}{mark}{file}```\n{after}"))
}

#[test]
fn each_page_shows_the_file_that_runs() {
    for (name, file) in chapters() {
        let path = format!("docs/guide/{name}.md");
        let (page, text) = (read(&path), read(&file));
        let wanted =
            showing(&page, &file, &text).unwrap_or_else(|| panic!("{path} shows no {file}"));
        if std::env::var_os("BLESS").is_some() {
            fs::write(Path::new(ROOT).join(&path), wanted).unwrap();
        } else {
            assert!(page == wanted, "{path} shows another {file}; BLESS=1 shows this one");
        }
        assert_eq!(page.matches("```rust").count(), 1, "{path}: other code is tested by none");
        assert!(text.lines().count() <= 80, "{file} is long for an example");
    }
}

#[test]
fn no_chapter_is_forgotten() {
    let (main, readme) = (read("examples/guide/main.rs"), read("README.md"));
    for (name, _) in chapters() {
        assert!(main.contains(&format!("(\"{name}\", ")), "main.rs does not serve {name}");
        assert!(
            readme.contains(&format!("(docs/guide/{name}.md)")),
            "README.md links to no {name}"
        );
    }
    let all: BTreeSet<String> = chapters().into_iter().map(|(name, _)| name).collect();
    assert_eq!(all, names("docs/guide", ".md"));
}
