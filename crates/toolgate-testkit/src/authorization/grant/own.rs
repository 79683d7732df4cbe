//! A client's token in its own name (RFC 6749, section 4.4).

use super::{Granted, Redeeming, has_secret};
use crate::authorization::{
    access::{Wanted, scopes},
    refusal::Refusal,
    target,
};

pub(super) fn redeem(by: &Redeeming<'_>) -> Result<Granted, Refusal> {
    let client = &by.client;
    has_secret(client)?;
    if !client.own_tokens {
        return Err(Refusal::forbidden("this client has no tokens in its own name"));
    }
    let usual = client.scopes.clone().unwrap_or_default();
    let wanted = Wanted {
        subject: client.id.clone(),
        client: client.id.clone(),
        audience: target::resources(by.state, &by.ask.fields)?,
        scopes: scopes(client, by.ask.fields.one("scope")?, usual)?,
        ..Wanted::default()
    };
    Ok(Granted { wanted, form: by.state.settings().form, more: Vec::new() })
}
