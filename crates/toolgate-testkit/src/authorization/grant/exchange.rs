//! One token for another: the same person, another audience, and who acts for them (RFC 8693).

use serde_json::{Map, Value, json};

use super::{Granted, Redeeming, has_secret};
use crate::authorization::{
    access::{Form, Wanted, personal, scopes, text, words},
    client::OAuthClient,
    endpoint::Ask,
    refusal::Refusal,
    state::State,
};

/// The kind of grant.
pub(in crate::authorization) const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

pub(super) fn redeem(by: &Redeeming<'_>) -> Result<Granted, Refusal> {
    let Redeeming { state, client, ask, .. } = by;
    has_secret(client)?;
    if client.targets.is_empty() {
        return Err(Refusal::forbidden("this client exchanges nothing"));
    }
    let subject = token(state, ask, "subject_token", "subject_token_type")?
        .ok_or(Refusal::request("subject_token is missing"))?;
    let actor = token(state, ask, "actor_token", "actor_token_type")?;
    let form = match ask.fields.one("requested_token_type")? {
        None | Some(ACCESS_TOKEN) => state.settings().form,
        Some(JWT) => Form::Signed,
        Some(_) => return Err(Refusal::request("a token of a kind that is not made here")),
    };
    let name = text(&subject, "sub").ok_or(Refusal::request("a token of nobody"))?.to_owned();
    let usual = words(text(&subject, "scope").unwrap_or_default());
    let wanted = Wanted {
        subject: name,
        client: client.id.clone(),
        audience: targets(client, ask)?,
        scopes: scopes(client, ask.fields.one("scope")?, usual)?,
        actor: Some(acting(client, &subject, actor.as_ref())),
        claims: personal(subject),
        ..Wanted::default()
    };
    let kind = if form == Form::Signed { JWT } else { ACCESS_TOKEN };
    let kind = if ask.fields.one("requested_token_type")?.is_some() { kind } else { ACCESS_TOKEN };
    Ok(Granted { wanted, form, more: vec![("issued_token_type", kind.into())] })
}

/// A token that comes with what kind it is; one that is no good is the fault of the request (section
/// 2.2.2).
fn token(
    state: &State,
    ask: &Ask<'_>,
    name: &str,
    kind: &str,
) -> Result<Option<Map<String, Value>>, Refusal> {
    match (ask.fields.one(name)?, ask.fields.one(kind)?) {
        (None, None) => Ok(None),
        (Some(token), Some(ACCESS_TOKEN | JWT)) => {
            let claims = state.standing(token);
            claims.map(Some).ok_or(Refusal::request("a token that is not good"))
        }
        (Some(_), Some(_)) => Err(Refusal::request("a token of a kind that is not taken here")),
        _ => Err(Refusal::request("a token and its kind come together")),
    }
}

/// Where the token is to be good: `audience` and `resource` together (section 2.1).
fn targets(client: &OAuthClient, ask: &Ask<'_>) -> Result<Vec<String>, Refusal> {
    let mut targets = Vec::new();
    for target in ask.fields.all("audience").chain(ask.fields.all("resource")) {
        if !client.targets.iter().any(|known| known == target) {
            return Err(Refusal::target("this client gets no token for that"));
        }
        if !targets.iter().any(|it| it == target) {
            targets.push(target.to_owned());
        }
    }
    if targets.is_empty() {
        targets.extend(client.targets.first().cloned());
    }
    Ok(targets)
}

/// Whoever acts now, and within that who has acted before (section 4.1).
fn acting(
    client: &OAuthClient,
    subject: &Map<String, Value>,
    actor: Option<&Map<String, Value>>,
) -> Value {
    let now = actor.and_then(|actor| text(actor, "sub")).unwrap_or(&client.id);
    match subject.get("act") {
        Some(before) => json!({ "sub": now, "act": before }),
        None => json!({ "sub": now }),
    }
}
