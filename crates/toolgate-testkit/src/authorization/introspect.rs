//! What a token says, for those who are told (RFC 7662).

use serde_json::{Value, json};

use super::{endpoint::Ask, refusal::Refusal, state::State, who};

/// Whoever has a secret may ask. One answer for all tokens that are not good (section 2.2).
pub(super) fn answer(state: &State, ask: &Ask<'_>) -> Result<Value, Refusal> {
    who::confidential(state, ask)?;
    let token = ask.fields.needed("token", "a token is missing")?;
    let Some(mut claims) = state.standing(token) else { return Ok(json!({ "active": false })) };
    let kind = if claims.contains_key("cnf") { "DPoP" } else { "Bearer" };
    claims.insert("active".into(), true.into());
    claims.insert("token_type".into(), kind.into());
    Ok(Value::Object(claims))
}
