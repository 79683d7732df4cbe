//! A client's token in its own name (RFC 6749, section 4.4).

use super::{Granted, has_secret, resources};
use crate::authorization::{
    access::{Wanted, scopes},
    client::OAuthClient,
    endpoint::Ask,
    refusal::Refusal,
    state::State,
};

pub(super) fn redeem(
    state: &State,
    client: &OAuthClient,
    ask: &Ask<'_>,
) -> Result<Granted, Refusal> {
    has_secret(client)?;
    if !client.own_tokens {
        return Err(Refusal::forbidden("this client has no tokens in its own name"));
    }
    let usual = client.scopes.clone().unwrap_or_default();
    let wanted = Wanted {
        subject: client.id.clone(),
        client: client.id.clone(),
        audience: resources(state, ask)?,
        scopes: scopes(client, ask.fields.one("scope")?, usual)?,
        ..Wanted::default()
    };
    Ok(Granted { wanted, form: state.settings().form, more: Vec::new() })
}
