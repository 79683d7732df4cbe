//! Who may depend on whom, and where history may be named: the rules, as tables.

mod graph;
mod history;
mod rule;

use crate::Result;
use rule::{Features, Path, Rule};

const HTTP: &[&str] = &["hyper", "hyper-util", "http", "http-body", "http-body-util", "axum"];
const KEYS: &[&str] = &["josekit", "jose-jwk"];
const OURS: &[&str] = &[
    "toolgate",
    "toolgate-auth",
    "toolgate-core",
    "toolgate-macros",
    "toolgate-protocol",
    "toolgate-server",
    "toolgate-testkit",
    "toolgate-transport",
];

/// Paths through the dependency graph, normal dependencies of every platform, that must not exist.
///
/// All features wherever nothing else is said: what holds for all holds for fewer.
const PATHS: &[Path] = &[
    // The seam and what stands behind it know no HTTP and neither of its neighbours.
    Path::never("toolgate-protocol", HTTP),
    Path::never(
        "toolgate-protocol",
        &[
            "tokio",
            "toolgate-core",
            "toolgate-transport",
            "toolgate-auth",
            "toolgate-server",
            "josekit",
            "schemars",
        ],
    ),
    Path::never("toolgate-core", HTTP),
    Path::never(
        "toolgate-core",
        &["toolgate-transport", "toolgate-auth", "toolgate-server", "josekit", "schemars"],
    ),
    Path::never("toolgate-server", HTTP),
    Path::never(
        "toolgate-server",
        &["toolgate-transport", "toolgate-auth", "toolgate-macros", "josekit"],
    ),
    // A transport knows neither tools nor tokens, an authenticator neither transports nor tools.
    Path::never(
        "toolgate-transport",
        &["toolgate-server", "toolgate-auth", "toolgate-macros", "schemars"],
    ),
    Path::never("toolgate-transport", KEYS),
    Path::never(
        "toolgate-auth",
        &["toolgate-transport", "toolgate-server", "toolgate-macros", "schemars", "axum"],
    ),
    // A closure as authenticator costs neither an HTTP client nor a crypto library.
    Path::never("toolgate-auth", HTTP).with(Features::None),
    Path::never("toolgate-auth", KEYS).with(Features::None),
    Path::never("toolgate-auth", &["openssl", "rustls"]).with(Features::None),
    // A derive refers to us by path only.
    Path::never("toolgate-macros", OURS),
    // The facade pays for what is switched on.
    Path::never("toolgate", HTTP).with(Features::None),
    Path::never("toolgate", KEYS).with(Features::None),
    Path::never("toolgate", &["toolgate-transport", "toolgate-macros"]).with(Features::None),
    Path::never("toolgate", KEYS).with(Features::Only("http")),
    Path::never("toolgate", HTTP).with(Features::Only("stdio")),
    Path::never("toolgate", KEYS).with(Features::Only("stdio")),
    Path::never("toolgate", &["toolgate-transport", "toolgate-macros", "axum"])
        .with(Features::Only("jwt")),
    // Keys are fetched over HTTP, so `jwt` brings hyper: as the client inside toolgate-auth, and
    // by no other way.
    Path::never("toolgate", HTTP).with(Features::Only("jwt")).unless_through("toolgate-auth"),
    Path::never("toolgate", &["axum", "toolgate-testkit"]),
];

/// What the manifests of the published crates must say of themselves.
const RULES: &[Rule] = &[
    Rule::DirectOnlyOf("josekit", &["toolgate-auth", "toolgate-testkit"]),
    Rule::DirectOnlyOf("jose-jwk", &["toolgate-auth"]),
    Rule::DependencyFeatures("toolgate-core", "tokio", &["sync"]),
    Rule::DefaultFeatures("toolgate", &["api-keys", "http", "jwt", "macros", "stdio", "vendored"]),
];

/// Fails with every forbidden edge and every name of the past outside `legacy`.
pub(crate) fn check() -> Result {
    let mut faults = Vec::new();
    for path in PATHS {
        let graph = graph::resolve(path.from, path.features)?;
        faults.extend(path.judge(&graph));
    }
    let packages = crate::manifest::read()?;
    faults.extend(RULES.iter().flat_map(|rule| rule.judge(&packages)));
    faults.extend(history::check()?);
    println!("{} paths, {} rules, the names of the past", PATHS.len(), RULES.len());
    if faults.is_empty() { Ok(()) } else { Err(format!("\n{}", faults.join("\n")).into()) }
}
