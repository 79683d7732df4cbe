//! Grants that are redeemed for tokens (RFC 6749, section 5).

mod code;
mod exchange;
mod own;
mod refresh;

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Map, Value};

use super::{
    access::{Form, Wanted, unguessable},
    client::OAuthClient,
    dpop,
    endpoint::Ask,
    person::Person,
    refusal::Refusal,
    state::{Refresh, State},
    who,
};

pub(super) use self::exchange::GRANT as EXCHANGE;

/// What somebody has allowed a client, and all that comes of it rests on.
#[derive(Clone, Debug)]
pub(super) struct Basis {
    pub(super) client: String,
    pub(super) person: Person,
    pub(super) resources: Vec<String>,
    pub(super) scopes: Vec<String>,
    pub(super) acr: Option<String>,
    pub(super) logged_in: SystemTime,
    /// The key that has to be shown with whatever it is redeemed for.
    pub(super) key: Option<String>,
    /// What ends when somebody else turns out to have a part of it.
    pub(super) family: String,
}

/// A client that has proven itself, and what it sends.
#[derive(Debug)]
struct Redeeming<'a> {
    state: &'a State,
    client: OAuthClient,
    ask: &'a Ask<'a>,
    /// The thumbprint of the key that it has shown (RFC 9449, section 5).
    key: Option<String>,
}

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
    let key = dpop::key(state, ask)?;
    if client.dpop && key.is_none() {
        return Err(Refusal::new("invalid_dpop_proof", "this client has to show its key"));
    }
    let by = Redeeming { state, client, ask, key };
    let granted = match ask.fields.needed("grant_type", "grant_type is missing")? {
        "authorization_code" => code::redeem(&by)?,
        "refresh_token" => refresh::redeem(&by)?,
        "client_credentials" => own::redeem(&by)?,
        EXCHANGE => exchange::redeem(&by)?,
        _ => return Err(Refusal::new("unsupported_grant_type", "a grant of another kind")),
    };
    let mut said = Map::new();
    let mut say = |name: &str, value: Value| said.insert(name.to_owned(), value);
    say("token_type", if by.key.is_some() { "DPoP" } else { "Bearer" }.into());
    say("expires_in", state.settings().lifetime.as_secs().into());
    // Also where it is what was asked for: clients that step up look here.
    if !granted.wanted.scopes.is_empty() {
        say("scope", granted.wanted.scopes.join(" ").into());
    }
    for (name, value) in granted.more {
        say(name, value);
    }
    let wanted = Wanted { key: by.key, ..granted.wanted };
    say("access_token", state.issue(wanted, granted.form)?.into());
    Ok(Value::Object(said))
}

/// What somebody who has logged in allows, as a token, and where the client is to have it, as the next
/// refresh token.
fn logged_in(
    by: &Redeeming<'_>,
    basis: Basis,
    resources: Vec<String>,
    scopes: Vec<String>,
) -> Result<Granted, Refusal> {
    let mut claims = basis.person.claims.clone();
    let at = basis.logged_in.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    claims.insert("auth_time".to_owned(), at.into());
    if let Some(acr) = &basis.acr {
        claims.insert("acr".to_owned(), acr.as_str().into());
    }
    let wanted = Wanted {
        subject: basis.person.subject.clone(),
        client: basis.client.clone(),
        audience: resources,
        scopes,
        claims,
        family: Some(basis.family.clone()),
        ..Wanted::default()
    };
    let mut more = Vec::new();
    if by.client.refreshes {
        // A client without a secret is known again by its key alone (RFC 9449, section 5).
        let shown = by.client.secret.is_none().then(|| by.key.clone()).flatten();
        let basis = Basis { key: basis.key.clone().or(shown), ..basis };
        let name = unguessable();
        let until = by.state.now() + by.state.settings().refresh_lifetime;
        by.state.desk().refresh.put(name.clone(), Refresh { basis, until, used: false });
        more.push(("refresh_token", name.into()));
    }
    Ok(Granted { wanted, form: by.state.settings().form, more })
}

/// A client may do what it has a secret for.
fn has_secret(client: &OAuthClient) -> Result<(), Refusal> {
    match client.secret {
        Some(_) => Ok(()),
        None => Err(Refusal::forbidden("a client without a secret may not do this")),
    }
}
