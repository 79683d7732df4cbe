//! Whether an issuer's metadata (RFC 8414, OpenID Connect Discovery) lets a client log in.

use serde_json::Value;

use super::{
    super::{
        exchange::{Exchange, quote},
        finding::{Finding, Rule},
        places::is_safe,
    },
    metadata::document,
};

/// What is the matter with an issuer, asked for its metadata in each place in turn.
pub(crate) fn judge(issuer: &str, seen: &[Exchange]) -> Vec<Finding> {
    let found: Vec<_> = seen.iter().filter_map(|seen| Some((seen, document(seen)?))).collect();
    let mut findings: Vec<_> =
        found.iter().filter_map(|(seen, it)| mismatch(seen, it, issuer)).collect();
    // A client takes the first that it finds, and looks no further.
    match found.first() {
        Some((seen, document)) => findings.extend(usable(seen, document)),
        None => {
            let told: Vec<_> = seen.iter().map(Exchange::told).collect();
            let why = format!("of {} there is none: {}", quote(issuer), told.join(", "));
            findings.extend(seen.first().map(|seen| Finding::new(Rule::IssuerUnread, seen, why)));
        }
    }
    findings
}

fn mismatch(seen: &Exchange, document: &Value, issuer: &str) -> Option<Finding> {
    let named = document.get("issuer").and_then(Value::as_str).unwrap_or_default();
    let why = format!("`issuer` is {}, and clients asked for {}", quote(named), quote(issuer));
    (named != issuer).then(|| Finding::new(Rule::IssuerMismatch, seen, why))
}

fn usable(seen: &Exchange, document: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |rule, why: String| findings.push(Finding::new(rule, seen, why));
    let challenges = document.get("code_challenge_methods_supported");
    if !challenges.and_then(Value::as_array).is_some_and(|it| it.contains(&"S256".into())) {
        add(Rule::NoPkce, "`code_challenge_methods_supported` has no `S256`".into());
    }
    for name in ["authorization_endpoint", "token_endpoint"] {
        let url = document.get(name).and_then(Value::as_str);
        if !url.is_some_and(is_safe) {
            let it = url.map_or_else(|| "missing".to_owned(), quote);
            add(Rule::NoEndpoints, format!("`{name}` is {it}"));
        }
    }
    let is = |name: &str| document.get(name) == Some(&Value::Bool(true));
    let registers = document.get("registration_endpoint").is_some_and(Value::is_string);
    if !registers && !is("client_id_metadata_document_supported") {
        let why = "it takes neither client-id metadata documents nor registrations";
        add(Rule::NoRegistration, why.into());
    }
    if !is("authorization_response_iss_parameter_supported") {
        let why = "`authorization_response_iss_parameter_supported` is not true";
        add(Rule::NoIss, why.into());
    }
    if seen.reply().is_some_and(|reply| reply.field("access-control-allow-origin").is_none()) {
        add(Rule::IssuerForPages, "it has no `Access-Control-Allow-Origin`".into());
    }
    findings
}

/// What is the matter with an authorization server at the origin of a server with these issuers.
pub(crate) fn old_root(seen: &Exchange, issuers: &[String]) -> Option<Finding> {
    let Some(document) = document(seen) else {
        let why = format!("it was answered with {}", seen.told());
        return Some(Finding::new(Rule::NoOldRoot, seen, why));
    };
    let named = document.get("issuer").and_then(Value::as_str).unwrap_or_default();
    let why = format!("`issuer` is {}, which the resource does not name", quote(named));
    let known = issuers.is_empty() || issuers.iter().any(|issuer| issuer == named);
    (!known).then(|| Finding::new(Rule::OldRootMismatch, seen, why))
}
