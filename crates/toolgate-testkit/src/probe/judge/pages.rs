//! Whether pages may call that should, and none that should not.

use super::super::{
    ask::{METHODS, SENT, STRANGER},
    exchange::{Exchange, Reply, quote},
    finding::{Finding, Rule},
};

/// What is the matter with the answer to what a browser asks first.
pub(crate) fn preflight(seen: &Exchange, origin: &str) -> Vec<Finding> {
    let Some(reply) = seen.reply().filter(|reply| reply.is_good()) else {
        let why = format!("it was answered with {}", seen.told());
        return vec![Finding::new(Rule::PreflightRefused, seen, why)];
    };
    let mut findings: Vec<_> = allowed(seen, reply, origin).into_iter().collect();
    let lacks = |field: &str, names: &[&'static str], any: bool| -> Vec<&'static str> {
        let has = |name: &&&str| reply.lists(field, name) || (any && reply.lists(field, "*"));
        names.iter().filter(|name| !has(name)).copied().collect()
    };
    let methods = lacks("access-control-allow-methods", METHODS, true);
    if !methods.is_empty() {
        let why = format!("not allowed: {}", methods.join(", "));
        findings.push(Finding::new(Rule::PreflightMethod, seen, why));
    }
    // To a wildcard, this one field is an exception (Fetch, "CORS non-wildcard request-header name").
    let (token, rest) = SENT.split_at(1);
    let mut headers = lacks("access-control-allow-headers", token, false);
    headers.extend(lacks("access-control-allow-headers", rest, true));
    if !headers.is_empty() {
        let why = format!("not allowed: {}", headers.join(", "));
        findings.push(Finding::new(Rule::PreflightHeader, seen, why));
    }
    if !lacks("access-control-allow-headers", &["DPoP"], true).is_empty() {
        findings.push(Finding::new(Rule::PreflightDpop, seen, "not allowed: DPoP"));
    }
    findings
}

/// What is the matter with a refusal that a named page gets.
pub(crate) fn readable(seen: &Exchange, origin: &str) -> Vec<Finding> {
    let Some(reply) = seen.reply() else { return Vec::new() };
    let mut findings: Vec<_> = allowed(seen, reply, origin).into_iter().collect();
    let field = "access-control-expose-headers";
    let hidden = ["WWW-Authenticate", "Mcp-Session-Id"].into_iter().filter(|name| {
        // Without credentials of the browser's own, a wildcard exposes all.
        !reply.lists(field, name) && !reply.lists(field, "*")
    });
    let hidden: Vec<_> = hidden.collect();
    if !hidden.is_empty() {
        let why = format!("not exposed: {}", hidden.join(", "));
        findings.push(Finding::new(Rule::NotExposed, seen, why));
    }
    findings
}

fn allowed(seen: &Exchange, reply: &Reply, origin: &str) -> Option<Finding> {
    let allowed = reply.field("access-control-allow-origin").unwrap_or_default();
    let why = format!("`Access-Control-Allow-Origin` is {}", quote(&allowed));
    let fits = allowed == origin || allowed == "*";
    (!fits).then(|| Finding::new(Rule::PreflightOrigin, seen, why))
}

/// What is the matter with the answers to a page of nobody's origin: its question, and requests that
/// have the right token if there is one.
///
/// A refusal by another status than 403 says little: the server may look at the token first. Then it
/// counts whether the page could read the answer.
pub(crate) fn foreign(seen: &[Exchange]) -> Vec<Finding> {
    let let_in = |seen: &&Exchange| {
        seen.reply().is_some_and(|reply| {
            let shown = reply.field("access-control-allow-origin");
            let served = seen.ask.method != "OPTIONS" && reply.is_good();
            served || shown.is_some_and(|allowed| allowed == "*" || allowed == STRANGER)
        })
    };
    seen.iter()
        .filter(let_in)
        .map(|seen| {
            let why = format!("a page of {STRANGER} was answered with {}", seen.told());
            Finding::new(Rule::ForeignOrigin, seen, why)
        })
        .collect()
}

/// What is the matter with the answer to a request for a host that is not ours.
pub(crate) fn host(seen: &Exchange) -> Option<Finding> {
    let served = seen.reply().is_some_and(|reply| reply.is_good());
    let why = format!("a request for another host was answered with {}", seen.told());
    served.then(|| Finding::new(Rule::ForeignHost, seen, why))
}
