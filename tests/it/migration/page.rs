//! MIGRATION.md names nothing that is not there, and shows the example as it is.

use toolgate::core::env::TABLE;

const PAGE: &str = include_str!("../../../docs/MIGRATION.md");
const NAMES: &str = include_str!("names.rs");

/// What stands between backticks, outside of blocks of code.
fn spans() -> Vec<&'static str> {
    let prose = PAGE.split("```").step_by(2);
    prose.flat_map(|text| text.split('`').skip(1).step_by(2)).collect()
}

/// The last cell of each row of a table: what is said of this side.
fn answers() -> Vec<&'static str> {
    let rows = PAGE.lines().filter(|line| line.starts_with("| "));
    rows.filter_map(|row| row.trim_end_matches(" |").rsplit(" | ").next()).collect()
}

/// Whether the code uses it as a whole word.
fn is_used(name: &str) -> bool {
    let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    NAMES.match_indices(name).any(|(at, _)| {
        let (before, rest) = NAMES.split_at(at);
        let after = rest.get(name.len()..).unwrap_or_default();
        !word(before.chars().next_back()) && !word(after.chars().next())
    })
}

fn is_path(span: &str) -> bool {
    let word = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    span.contains("::") && span.split("::").all(word)
}

#[test]
fn the_page_shows_the_file_that_runs() {
    let text = include_str!("../../../examples/keycloak_claims.rs");
    let shown = format!("<!-- examples/keycloak_claims.rs -->\n```rust,ignore\n{text}```\n");
    assert!(PAGE.contains(&shown), "MIGRATION.md shows another examples/keycloak_claims.rs");
    assert_eq!(PAGE.matches("```rust").count(), 1, "other Rust code on the page is tested by none");
}

#[test]
fn each_path_on_the_page_compiles() {
    // A trait's method is used where it is implemented, and a field where there is a value.
    let elsewhere = [
        ("Authenticate::challenges", "fn challenges"),
        ("Authenticate::card", "fn card"),
        ("Run::run", "async fn run"),
        ("Read::read", "async fn read"),
        ("Render::render", "async fn render"),
        ("ResourceCard::more", "card.more"),
    ];
    let paths: Vec<_> = spans().into_iter().filter(|span| is_path(span)).collect();
    assert!(paths.len() > 100, "{}", paths.len());
    for path in paths {
        let code = elsewhere.iter().find(|(name, _)| *name == path).map_or(path, |(_, code)| code);
        assert!(is_used(code), "the page names `{path}`, and names.rs does not use it");
    }
}

#[test]
fn each_type_on_the_page_compiles() {
    let is_type = |span: &&str| {
        span.starts_with(|first: char| first.is_ascii_uppercase())
            && span.contains(|c: char| c.is_ascii_lowercase())
            && span.bytes().all(|byte| byte.is_ascii_alphanumeric())
            // A header field.
            && *span != "Origin"
    };
    for cell in answers() {
        for name in cell.split('`').skip(1).step_by(2).filter(is_type) {
            assert!(is_used(name), "the page names `{name}`, and names.rs does not use it");
        }
    }
}

#[test]
fn each_attribute_on_the_page_compiles() {
    let tools = spans().into_iter().filter_map(|span| span.strip_prefix("#[tool("));
    let mut seen = 0;
    for inside in tools.map(|rest| rest.trim_end_matches(")]")) {
        let keys = inside.split(", ").filter(|key| !key.starts_with('"'));
        for key in keys.filter_map(|key| key.split([' ', '(']).next()) {
            seen += 1;
            assert!(is_used(key), "the page names the key `{key}`, and names.rs does not use it");
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn each_variable_on_the_page_is_read_and_each_one_read_that_theirs_had_is_on_it() {
    let words = PAGE.split(|c: char| !(c.is_ascii_uppercase() || c == '_'));
    for word in words.filter(|word| word.starts_with("TOOLGATE_")) {
        assert!(TABLE.iter().any(|variable| variable.name == word), "nothing reads {word}");
    }
    let ours_alone = [
        "TOOLGATE_CALLS_PER_CALLER",
        "TOOLGATE_CONNECTIONS",
        "TOOLGATE_CONNECTIONS_PER_ADDRESS",
        "TOOLGATE_FAILURES_PER_MINUTE",
        "TOOLGATE_SEAL_KEYS",
        "TOOLGATE_TRUSTED_PROXIES",
    ];
    for variable in TABLE.iter().filter(|variable| !ours_alone.contains(&variable.name)) {
        assert!(PAGE.contains(variable.name), "the page does not name {}", variable.name);
    }
}

/// What fastmcp and mcp-proxy read from outside, by variable and by flag: somebody looks for each.
#[test]
fn no_setting_of_theirs_is_forgotten() {
    let variables = ["TRANSPORT", "PORT", "ENDPOINT", "BASE_PATH", "STATELESS", "HOST"];
    for name in variables.map(|name| format!("`FASTMCP_{name}`")) {
        assert!(PAGE.contains(&name), "{name}");
    }
    let flags = "apiKey connectionTimeout corsAddAllowedHeader debug endpoint eventStore \
        eventStoreMaxEvents gracefulShutdownTimeout host keepAliveTimeout maxBodySize modern \
        no-modern port requestTimeout server sessionIdleTimeout shell sseEndpoint sslCa sslCert \
        sslKey stateless streamEndpoint tunnel tunnelSubdomain upstreamProtocol transport base-path";
    for flag in flags.split_whitespace().map(|flag| format!("`--{flag}`")) {
        assert!(PAGE.contains(&flag), "{flag}");
    }
}

/// Every row has as many cells as its table's head.
#[test]
fn tables_are_whole() {
    let mut cells = 0;
    for line in PAGE.lines() {
        let count = line.matches('|').count();
        match line.starts_with('|') {
            true if cells == 0 => cells = count,
            true => assert_eq!(count, cells, "{line}"),
            false => cells = 0,
        }
    }
}
