//! Grants that are redeemed for tokens (RFC 6749, section 5).

mod exchange;
mod own;

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    access::{Form, Wanted},
    client::OAuthClient,
    endpoint::Ask,
    refusal::Refusal,
    state::State,
    who,
};

/// What a grant is worth.
#[derive(Debug)]
struct Granted {
    wanted: Wanted,
    form: Form,
    /// What else is said of it.
    more: Vec<(&'static str, Value)>,
}

/// Redeems a grant.
pub(super) fn answer(state: &Arc<State>, ask: &Ask<'_>) -> Result<Value, Refusal> {
    let client = who::client(state, ask)?;
    let granted = match ask.fields.needed("grant_type", "grant_type is missing")? {
        "client_credentials" => own::redeem(state, &client, ask)?,
        exchange::GRANT => exchange::redeem(state, &client, ask)?,
        _ => return Err(Refusal::new("unsupported_grant_type", "a grant of another kind")),
    };
    let mut said = Map::new();
    let mut say = |name: &str, value: Value| said.insert(name.to_owned(), value);
    let bound = granted.wanted.key.is_some();
    say("token_type", if bound { "DPoP" } else { "Bearer" }.into());
    say("expires_in", state.settings().lifetime.as_secs().into());
    // Also where it is what was asked for: clients that step up look here.
    if !granted.wanted.scopes.is_empty() {
        say("scope", granted.wanted.scopes.join(" ").into());
    }
    for (name, value) in granted.more {
        say(name, value);
    }
    say("access_token", state.issue(granted.wanted, granted.form)?.into());
    Ok(Value::Object(said))
}

/// The resources that a token is asked for (RFC 8707).
fn resources(state: &State, ask: &Ask<'_>) -> Result<Vec<String>, Refusal> {
    let known = &state.settings().resources;
    let mut asked: Vec<String> = Vec::new();
    for resource in ask.fields.all("resource") {
        let absolute = resource.split_once(':').is_some_and(|(scheme, rest)| {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && !rest.is_empty()
        });
        if !absolute || resource.contains('#') {
            return Err(Refusal::target("a resource is an absolute URI without a fragment"));
        }
        if !known.is_empty() && !known.iter().any(|it| it == resource) {
            return Err(Refusal::target("no such resource"));
        }
        if !asked.iter().any(|it| it == resource) {
            asked.push(resource.to_owned());
        }
    }
    if asked.is_empty() {
        asked.extend(known.first().cloned());
    }
    Ok(asked)
}

/// A client may do what it has a secret for.
fn has_secret(client: &OAuthClient) -> Result<(), Refusal> {
    match client.secret {
        Some(_) => Ok(()),
        None => Err(Refusal::forbidden("a client without a secret may not do this")),
    }
}
