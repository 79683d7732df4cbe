//! Which client asks (RFC 6749, section 2.3).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::header;

use super::{client::OAuthClient, endpoint::Ask, form::decoded, refusal::Refusal, state::State};

/// The client that a request proves itself to be; a public one by its name alone.
pub(super) fn client(state: &State, ask: &Ask<'_>) -> Result<OAuthClient, Refusal> {
    let unknown = || Refusal::client("no such client, or not with that secret");
    let named = ask.fields.one("client_id")?;
    let sent = ask.fields.one("client_secret")?;
    let (id, secret) = match (basic(ask)?, named, sent) {
        (Some(_), _, Some(_)) => return Err(Refusal::request("two proofs of the client")),
        (Some((id, _)), Some(named), _) if id != named => {
            return Err(Refusal::request("two names of the client"));
        }
        (Some((id, secret)), ..) => (id, Some(secret)),
        (None, Some(id), secret) => (id.to_owned(), secret.map(str::to_owned)),
        (None, None, _) => return Err(Refusal::client("the client does not say who it is")),
    };
    let client = state.client(&id).ok_or_else(unknown)?;
    let proven = match (&client.secret, secret) {
        (Some(_), Some(sent)) => client.has_secret(&sent),
        (None, None) => true,
        _ => false,
    };
    if proven { Ok(client) } else { Err(unknown()) }
}

/// A client that has proven itself by more than its name.
pub(super) fn confidential(state: &State, ask: &Ask<'_>) -> Result<OAuthClient, Refusal> {
    let client = client(state, ask)?;
    match client.secret {
        Some(_) => Ok(client),
        None => Err(Refusal::client("a client without a secret may not do this")),
    }
}

/// Name and secret from the header, where there is one.
fn basic(ask: &Ask<'_>) -> Result<Option<(String, String)>, Refusal> {
    let mut sent = ask.head.get_all(header::AUTHORIZATION).iter();
    let Some(field) = sent.next() else { return Ok(None) };
    let unread = || Refusal::client("the header is not of the scheme Basic");
    let text = field.to_str().ok().filter(|_| sent.next().is_none()).ok_or_else(unread)?;
    let (scheme, pair) = text.split_once(' ').ok_or_else(unread)?;
    let pair = STANDARD.decode(pair.trim()).ok().and_then(|pair| String::from_utf8(pair).ok());
    match pair.as_deref().and_then(|pair| pair.split_once(':')) {
        Some((id, secret)) if scheme.eq_ignore_ascii_case("Basic") => {
            Ok(Some((decoded(id), decoded(secret))))
        }
        _ => Err(unread()),
    }
}
