//! Whether two audiences name the same server.

/// Whether `one` and `other` are the same identifier.
///
/// To the letter, or URLs that differ only in the case of scheme and host and in one slash at the
/// end of the path: what clients and issuers are known to add, and nothing more.
pub(super) fn same(one: &str, other: &str) -> bool {
    one == other
        || match (split(one), split(other)) {
            (Some((one_origin, one_path)), Some((other_origin, other_path))) => {
                one_origin.eq_ignore_ascii_case(other_origin)
                    && unslashed(one_path) == unslashed(other_path)
            }
            _ => false,
        }
}

/// Scheme with authority, and the rest. Userinfo is no part of a server's name, so a URL with it
/// only ever equals itself.
fn split(url: &str) -> Option<(&str, &str)> {
    let start = url.find("://")? + 3;
    let authority = url.get(start..)?;
    let length = authority.find(['/', '?', '#']).unwrap_or(authority.len());
    let (origin, rest) = url.split_at_checked(start + length)?;
    (length > 0 && !origin.contains('@')).then_some((origin, rest))
}

fn unslashed(path: &str) -> &str {
    if path.contains(['?', '#']) { path } else { path.strip_suffix('/').unwrap_or(path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_of_the_host_and_one_slash_do_not_matter() {
        for (one, other) in [
            ("https://h.example/mcp", "https://h.example/mcp"),
            ("HTTPS://H.Example/mcp", "https://h.example/mcp/"),
            ("https://h.example", "https://h.example/"),
            ("https://h.example:8443/a", "https://H.example:8443/a/"),
            ("account", "account"),
            ("urn:x:y", "urn:x:y"),
        ] {
            assert!(same(one, other) && same(other, one), "{one} {other}");
        }
    }

    #[test]
    fn everything_else_does() {
        for (one, other) in [
            ("https://h.example/mcp", "https://h.example/MCP"),
            ("https://h.example/mcp", "https://h.example/mcp//"),
            ("https://h.example/mcp", "https://h.example/mcp/x"),
            ("https://h.example/mcp", "https://h.example/mc"),
            ("https://h.example/mcp", "http://h.example/mcp"),
            ("https://h.example/mcp", "https://h.example:443/mcp"),
            ("https://h.example/mcp", "https://h.example.evil/mcp"),
            ("https://h.example/mcp", "https://h.example/mcp?a=b"),
            ("https://h.example/?a=/", "https://h.example/?a="),
            ("https://H@h.example/", "https://h@h.example/"),
            ("Account", "account"),
            ("account/", "account"),
            ("://", ":///"),
            ("", "/"),
        ] {
            assert!(!same(one, other) && !same(other, one), "{one} {other}");
        }
    }
}
