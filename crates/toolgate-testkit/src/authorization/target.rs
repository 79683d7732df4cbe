//! Which resources tokens are for (RFC 8707).

use super::{form::Fields, refusal::Refusal, state::State};

/// The resources that a request names; if none, the first that there is.
pub(super) fn resources(state: &State, fields: &Fields) -> Result<Vec<String>, Refusal> {
    let known = &state.settings().resources;
    let mut asked = named(fields)?;
    if !known.is_empty() && asked.iter().any(|resource| !known.contains(resource)) {
        return Err(Refusal::target("no such resource"));
    }
    if asked.is_empty() {
        asked.extend(known.first().cloned());
    }
    Ok(asked)
}

/// The same of those that were granted; if none is named, all of them.
pub(super) fn within(granted: &[String], fields: &Fields) -> Result<Vec<String>, Refusal> {
    let asked = named(fields)?;
    if asked.iter().any(|resource| !granted.contains(resource)) {
        return Err(Refusal::target("a resource that was not granted"));
    }
    Ok(if asked.is_empty() { granted.to_vec() } else { asked })
}

fn named(fields: &Fields) -> Result<Vec<String>, Refusal> {
    let mut named: Vec<String> = Vec::new();
    for resource in fields.all("resource") {
        let absolute = resource.split_once(':').is_some_and(|(scheme, rest)| {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && !rest.is_empty()
        });
        if !absolute || resource.contains('#') {
            return Err(Refusal::target("a resource is an absolute URI without a fragment"));
        }
        if !named.iter().any(|it| it == resource) {
            named.push(resource.to_owned());
        }
    }
    Ok(named)
}
