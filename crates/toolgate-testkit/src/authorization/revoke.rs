//! Tokens that are taken back (RFC 7009).

use serde_json::{Value, json};

use super::{
    access::text, client::OAuthClient, endpoint::Ask, refusal::Refusal, state::State, who,
};

/// A client may take back its own. Whether there was anything to take is not told (section 2.2).
pub(super) fn answer(state: &State, ask: &Ask<'_>) -> Result<Value, Refusal> {
    let client = who::client(state, ask)?;
    let token = ask.fields.needed("token", "a token is missing")?;
    if !refresh(state, &client, token) {
        access(state, &client, token);
    }
    Ok(json!({}))
}

/// A refresh token ends with all that came of it and of its likes.
fn refresh(state: &State, client: &OAuthClient, token: &str) -> bool {
    let mut desk = state.desk();
    let known = desk.refresh.get(token).filter(|known| known.basis.client == client.id);
    let Some(family) = known.map(|known| known.basis.family.clone()) else { return false };
    desk.dead.put(family, ());
    true
}

/// An access token ends alone.
fn access(state: &State, client: &OAuthClient, token: &str) {
    let Some(claims) = state.standing(token) else { return };
    if text(&claims, "client_id") == Some(&client.id) {
        let mut desk = state.desk();
        let name = if desk.issued.has(token) { Some(token) } else { text(&claims, "jti") };
        if let Some(name) = name {
            desk.dead.put(name.to_owned(), ());
        }
    }
}
