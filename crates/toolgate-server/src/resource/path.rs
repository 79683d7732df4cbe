//! Paths that a peer names, kept within a folder.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error as _};

/// A relative path that names something below a folder, whichever folder that is: for variables such
/// as `{+path}`, and arguments of tools.
///
/// Refused: what is empty, longer than 4096 bytes or absolute; `\`, NUL and other controls; drive
/// letters; parts that are empty, `.`, `..`, or dots and spaces alone; and what percent-encoding
/// would still turn into one of these. The folder itself is looked at by [`within`](Self::within).
///
/// ```
/// use toolgate_server::SafePath;
///
/// assert!("notes/may.md".parse::<SafePath>().is_ok());
/// assert!("../etc/passwd".parse::<SafePath>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SafePath(String);

/// Why a path is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadPath {
    /// It is empty or longer than any path.
    Length,
    /// It begins at a root or names a drive.
    Absolute,
    /// It has a part that is empty, or leads elsewhere than down.
    Part,
    /// It has a character that no path here has.
    Character,
    /// It is percent-encoded once more.
    Encoded,
}

impl fmt::Display for BadPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "the path is empty or too long",
            Self::Absolute => "the path must be relative",
            Self::Part => "the path must lead down, part by part",
            Self::Character => "the path has a character that is not allowed",
            Self::Encoded => "the path is encoded twice",
        })
    }
}

impl std::error::Error for BadPath {}

/// The longest path, in bytes.
const MAX: usize = 4096;

impl SafePath {
    /// Checks a path, decoded as far as it will be.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn new(text: impl Into<String>) -> Result<Self, BadPath> {
        let text = text.into();
        check(&text).map(|()| Self(text))
    }

    /// As it was sent, its parts divided by `/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path below a folder that exists, symbolic links followed as far as they stay within it.
    /// What does not exist yet is named, so that it can be made.
    ///
    /// Blocks while the file system is asked. Whoever can write into the folder meanwhile can put a
    /// link where there was none; for such folders, open with means of the operating system.
    ///
    /// # Errors
    /// [`io::ErrorKind::PermissionDenied`] when a link leads out of the folder, and what the file
    /// system says.
    pub fn within(&self, root: impl AsRef<Path>) -> io::Result<PathBuf> {
        let root = root.as_ref().canonicalize()?;
        let mut path = root.clone();
        for part in self.0.split('/') {
            path.push(part);
            match path.symlink_metadata() {
                // One that leads nowhere is an error too: what is written to it would be made there.
                Ok(found) if found.is_symlink() => path = path.canonicalize()?,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            if !path.starts_with(&root) {
                return Err(io::Error::new(
                    io::ErrorKind::PermissionDenied,
                    "the path leads out of its folder",
                ));
            }
        }
        Ok(path)
    }
}

fn check(text: &str) -> Result<(), BadPath> {
    if text.is_empty() || text.len() > MAX {
        return Err(BadPath::Length);
    }
    if text.contains(|char: char| char.is_control() || char == '\\') {
        return Err(BadPath::Character);
    }
    if text.starts_with('/') {
        return Err(BadPath::Absolute);
    }
    is_decoded(text)?;
    text.split('/').try_for_each(check_part)
}

fn check_part(part: &str) -> Result<(), BadPath> {
    // Some file systems drop dots and spaces at the end of a name, so `.. ` is `..` there.
    if part.chars().all(|char| char == '.' || char == ' ') {
        return Err(BadPath::Part);
    }
    let mut chars = part.chars();
    let drive = chars.next().is_some_and(|first| first.is_ascii_alphabetic());
    // Elsewhere than on Windows a colon is a character like another.
    if (drive && chars.next() == Some(':')) || (cfg!(windows) && part.contains(':')) {
        return Err(BadPath::Absolute);
    }
    Ok(())
}

/// Nothing is left that another round of percent-decoding would turn into what is refused.
fn is_decoded(text: &str) -> Result<(), BadPath> {
    for after in text.split('%').skip(1) {
        let digits = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if digits.is_some_and(|byte| byte.is_ascii_control() || b"%./\\:".contains(&byte)) {
            return Err(BadPath::Encoded);
        }
    }
    Ok(())
}

impl FromStr for SafePath {
    type Err = BadPath;

    fn from_str(text: &str) -> Result<Self, BadPath> {
        Self::new(text)
    }
}

impl fmt::Display for SafePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SafePath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl JsonSchema for SafePath {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SafePath".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

#[cfg(test)]
mod tests;
