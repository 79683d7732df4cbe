//! The README shows the examples as they are, and leads to every page.

use std::{fs, path::Path};

const README: &str = include_str!("../../README.md");

#[test]
fn the_readme_shows_the_files_that_run() {
    for (name, text) in [
        ("quickstart", include_str!("../../examples/quickstart.rs")),
        ("hello_auth", include_str!("../../examples/hello_auth.rs")),
    ] {
        let shown = format!("<!-- examples/{name}.rs -->\n```rust,ignore\n{text}```\n");
        assert!(README.contains(&shown), "README.md shows another examples/{name}.rs");
    }
}

#[test]
fn hello_auth_is_short() {
    let text = include_str!("../../examples/hello_auth.rs");
    let counts = |line: &&str| {
        let line = line.trim();
        !(line.is_empty() || line.starts_with("//!") || line.starts_with("use "))
    };
    assert!(text.lines().filter(counts).count() <= 20);
}

#[test]
fn the_readme_leads_to_every_page() {
    let docs = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs"));
    for page in fs::read_dir(docs).unwrap() {
        let page = page.unwrap().file_name().into_string().unwrap();
        if page.ends_with(".md") {
            assert!(README.contains(&format!("(docs/{page})")), "README.md links to no {page}");
        }
    }
}
