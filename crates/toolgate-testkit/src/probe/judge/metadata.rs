//! Whether a metadata document (RFC 9728) says what clients need, of the resource that they mean.

use serde_json::Value;

use super::super::{
    exchange::{Exchange, Reply, quote},
    finding::{Finding, Rule},
    places::{Likeness, compare, is_safe},
};

/// The document in an answer, where there is one.
pub(crate) fn document(seen: &Exchange) -> Option<Value> {
    seen.reply().filter(|reply| reply.status == 200)?.json().filter(Value::is_object)
}

/// Whether an answer says plainly that nothing is there.
pub(crate) fn is_absent(seen: &Exchange) -> bool {
    seen.status().is_some_and(|status| matches!(status, 404 | 405 | 410))
}

/// What is the matter with a document of `resource`. `others` is one that was seen before.
pub(crate) fn judge(seen: &Exchange, resource: &str, other: Option<&Value>) -> Vec<Finding> {
    let Some(reply) = seen.reply().filter(|reply| reply.status == 200) else {
        let why = format!("it was answered with {}", seen.told());
        return vec![Finding::new(Rule::MetadataMissing, seen, why)];
    };
    let Some(document) = document(seen) else {
        return vec![Finding::new(Rule::MetadataNoJson, seen, quote(&reply.body))];
    };
    let mut findings = carried(seen, reply);
    findings.extend(named(seen, &document, resource));
    findings.extend(issuers_named(seen, &document));
    findings.extend(optional(seen, &document));
    if let Some(other) = other {
        for member in ["resource", "authorization_servers"] {
            if document.get(member) != other.get(member) {
                let why = format!("`{member}` differs from what the document before said");
                findings.push(Finding::new(Rule::Contradiction, seen, why));
            }
        }
    }
    findings
}

fn carried(seen: &Exchange, reply: &Reply) -> Vec<Finding> {
    let mut findings = Vec::new();
    let media = reply.field("content-type").unwrap_or_default().to_ascii_lowercase();
    if media.split(';').next().map(str::trim) != Some("application/json") {
        let why = format!("its media type is {}", quote(&media));
        findings.push(Finding::new(Rule::MetadataType, seen, why));
    }
    if reply.field("access-control-allow-origin").is_none() {
        let why = "it has no `Access-Control-Allow-Origin`";
        findings.push(Finding::new(Rule::MetadataForPages, seen, why));
    }
    findings
}

fn named(seen: &Exchange, document: &Value, resource: &str) -> Option<Finding> {
    let Some(named) = document.get("resource").and_then(Value::as_str) else {
        return Some(Finding::new(Rule::NoResource, seen, "it has no `resource`"));
    };
    let rule = match compare(named, resource) {
        Likeness::Same => return None,
        Likeness::Spelling => Rule::ResourceSpelling,
        Likeness::Other => Rule::OtherResource,
    };
    let why = format!("`resource` is {}, and clients asked for {}", quote(named), quote(resource));
    Some(Finding::new(rule, seen, why))
}

/// The issuers in a document.
pub(crate) fn issuers(document: &Value) -> Vec<String> {
    let listed = document.get("authorization_servers").and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn issuers_named(seen: &Exchange, document: &Value) -> Vec<Finding> {
    let issuers = issuers(document);
    if issuers.is_empty() {
        let why = "it names no authorization server";
        return vec![Finding::new(Rule::NoIssuer, seen, why)];
    }
    let wrong = issuers.iter().filter(|issuer| issuer.contains('?') || !is_safe(issuer));
    wrong.map(|issuer| Finding::new(Rule::BadIssuer, seen, quote(issuer))).collect()
}

fn optional(seen: &Exchange, document: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(methods) = document.get("bearer_methods_supported") {
        let methods_of = |it: &Value| it.as_array().is_some_and(|it| it.contains(&"header".into()));
        if !methods_of(methods) {
            let why = format!("`bearer_methods_supported` is {}", quote(&methods.to_string()));
            findings.push(Finding::new(Rule::NotInHeader, seen, why));
        }
    }
    if let Some(scopes) = document.get("scopes_supported") {
        let names = scopes.as_array().filter(|scopes| scopes.iter().all(Value::is_string));
        match names {
            None => {
                let why = format!("`scopes_supported` is {}", quote(&scopes.to_string()));
                findings.push(Finding::new(Rule::BadScopes, seen, why));
            }
            Some(names) if names.contains(&"offline_access".into()) => {
                let why = "`scopes_supported` has it";
                findings.push(Finding::new(Rule::OfflineAccess, seen, why));
            }
            Some(_) => {}
        }
    }
    findings
}

/// What is the matter with the answer to `HEAD`.
pub(crate) fn head(seen: &Exchange) -> Option<Finding> {
    let wrong = seen.status() != Some(200);
    wrong.then(|| Finding::new(Rule::MetadataHead, seen, format!("it is {}", seen.told())))
}
