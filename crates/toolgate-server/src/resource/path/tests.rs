//! Paths that are refused, and links that lead out.

use super::*;

#[test]
fn only_what_leads_down_is_a_path() {
    for path in [
        "a",
        "a/b.md",
        "a/b c",
        ".hidden",
        "a..b",
        "...a",
        "2026-05-01T10:00",
        "100%",
        "50%off",
        "\u{e4}/\u{6587}",
        "a%20b",
    ] {
        assert_eq!(SafePath::new(path).map(|path| path.to_string()), Ok(path.to_owned()));
    }
    let long = "x".repeat(MAX + 1);
    let rows: &[(&str, BadPath)] = &[
        ("", BadPath::Length),
        (&long, BadPath::Length),
        ("/etc/passwd", BadPath::Absolute),
        ("//host/share", BadPath::Absolute),
        ("C:/x", BadPath::Absolute),
        ("c:x", BadPath::Absolute),
        ("a/C:/x", BadPath::Absolute),
        ("..", BadPath::Part),
        ("../x", BadPath::Part),
        ("a/../../x", BadPath::Part),
        ("a/..", BadPath::Part),
        ("./a", BadPath::Part),
        ("a//b", BadPath::Part),
        ("a/", BadPath::Part),
        ("a/.. /b", BadPath::Part),
        ("a/.../b", BadPath::Part),
        (" ", BadPath::Part),
        ("a\\..\\b", BadPath::Character),
        ("a\0b", BadPath::Character),
        ("a\nb", BadPath::Character),
        ("%2e%2e/x", BadPath::Encoded),
        ("%2E%2E%2Fx", BadPath::Encoded),
        ("a%2fb", BadPath::Encoded),
        ("a%5cb", BadPath::Encoded),
        ("a%00", BadPath::Encoded),
        ("%252e%252e/x", BadPath::Encoded),
        ("c%3a/x", BadPath::Encoded),
    ];
    for (path, why) in rows {
        assert_eq!(SafePath::new(*path), Err(*why), "{path:?}");
    }
    assert!(serde_json::from_str::<SafePath>("\"../x\"").is_err());
    assert_eq!(serde_json::from_str::<SafePath>("\"a/b\"").unwrap().as_str(), "a/b");
}

/// A folder of its own, gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("toolgate-path-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(path.join("root/sub")).unwrap();
        std::fs::write(path.join("secret"), "s").unwrap();
        std::fs::write(path.join("root/sub/file"), "f").unwrap();
        Self(path)
    }

    fn within(&self, path: &str) -> io::Result<PathBuf> {
        SafePath::new(path).unwrap().within(self.0.join("root"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_is_there_and_what_could_be_is_found_below_the_folder() {
    let folder = Folder::new("plain");
    let root = folder.0.join("root").canonicalize().unwrap();
    assert_eq!(folder.within("sub/file").unwrap(), root.join("sub/file"));
    assert_eq!(folder.within("sub/new/file").unwrap(), root.join("sub/new/file"));
    assert!(folder.within("sub/file/below").is_err(), "a file has nothing below it");
    assert!(SafePath::new("a").unwrap().within(folder.0.join("no such")).is_err());
}

#[cfg(unix)]
#[test]
fn links_are_followed_within_the_folder_and_nowhere_else() {
    use std::os::unix::fs::symlink;

    let folder = Folder::new("links");
    let root = folder.0.join("root").canonicalize().unwrap();
    let rows = [
        ("inside", "sub", true),
        ("outside", "..", false),
        ("file", "../secret", false),
        ("absolute", "/etc", false),
        ("sub/up", "../../secret", false),
        ("dangling", "../not-there", false),
        ("loop", "loop", false),
    ];
    for (name, target, _) in rows {
        symlink(target, root.join(name)).unwrap();
    }
    for (name, target, stays) in rows {
        assert_eq!(folder.within(name).is_ok(), stays, "{name} -> {target}");
    }
    assert_eq!(folder.within("inside/file").unwrap(), root.join("sub/file"));
    assert_eq!(
        folder.within("outside/secret").unwrap_err().kind(),
        io::ErrorKind::PermissionDenied
    );
    // A folder whose name only begins alike is another one.
    std::fs::create_dir(folder.0.join("rooted")).unwrap();
    symlink("../rooted", root.join("alike")).unwrap();
    assert!(folder.within("alike").is_err());
}
