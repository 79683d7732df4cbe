//! Whether a client shows a key, so that its tokens are bound to that (RFC 9449, section 5).
//!
//! Written again, and not taken from what verifies proofs for servers: each is what the other is tried
//! against.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderName, HeaderValue};
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value};

use super::{
    access::text, algorithm::Algorithm, endpoint::Ask, fault::Endpoint, jws::Jws, refusal::Refusal,
    respond::Answer, state::State,
};

/// How far the clocks may be apart, in seconds.
const APART: f64 = 60.0;

/// Longest `jti` that is looked at, in bytes.
const MAX_ID: usize = 256;

/// The thumbprint of the key that a request at the token endpoint proves to have; `None` where it has
/// no proof.
pub(super) fn key(state: &State, ask: &Ask<'_>) -> Result<Option<String>, Refusal> {
    let mut sent = ask.head.get_all("dpop").iter();
    let Some(proof) = sent.next() else { return Ok(None) };
    let proof = proof.to_str().ok().filter(|_| sent.next().is_none());
    let proof = proof.and_then(Jws::read).ok_or(wrong("there is one proof, and it is a JWT"))?;
    let url = Endpoint::Token.url(state.issuer());
    // By the machine's clock: the other is set ahead to let tokens end, not to refuse proofs.
    let thumbprint = judge(&proof, &url, SystemTime::now()).map_err(wrong)?;
    if state.settings().nonces && text(&proof.claims, "nonce") != Some(&state.nonce()) {
        return Err(Refusal::new("use_dpop_nonce", "the proof needs the server's nonce"));
    }
    let id = text(&proof.claims, "jti").filter(|id| (1..=MAX_ID).contains(&id.len()));
    let id = format!("{thumbprint} {}", id.ok_or(wrong("jti is missing or too long"))?);
    let mut desk = state.desk();
    if desk.proofs.has(&id) {
        return Err(wrong("the proof was used before"));
    }
    desk.proofs.put(id, ());
    Ok(Some(thumbprint))
}

/// Tells the nonce that the next proof needs.
pub(super) fn give_nonce(state: &State, answer: &mut Answer) {
    if state.settings().nonces
        && let Ok(nonce) = HeaderValue::from_str(&state.nonce())
    {
        answer.headers_mut().insert(HeaderName::from_static("dpop-nonce"), nonce);
    }
}

/// What is wrong with a proof, or whose it is (section 4.3).
fn judge(proof: &Jws<'_>, url: &str, now: SystemTime) -> Result<String, &'static str> {
    if text(&proof.header, "typ") != Some("dpop+jwt") {
        return Err("typ is not dpop+jwt");
    }
    let algorithm = text(&proof.header, "alg").and_then(Algorithm::named);
    let algorithm = algorithm.ok_or("alg is none of those that are taken")?;
    let jwk = proof.header.get("jwk").and_then(Value::as_object);
    let jwk = jwk.filter(|jwk| !jwk.contains_key("d")).ok_or("jwk is no public key")?;
    let name = thumbprint(jwk).ok_or("jwk is no public key")?;
    if !proof.is_signed_with(algorithm, jwk) {
        return Err("the proof is not signed with its key");
    }
    if text(&proof.claims, "htm") != Some("POST") || text(&proof.claims, "htu") != Some(url) {
        return Err("the proof is for another request");
    }
    let issued = proof.claims.get("iat").and_then(Value::as_f64).unwrap_or(f64::NAN);
    let now = now.duration_since(UNIX_EPOCH).map_or(f64::NAN, |since| since.as_secs_f64());
    if (-APART..=APART).contains(&(now - issued)) { Ok(name) } else { Err("iat is not now") }
}

/// RFC 7638, section 3.
fn thumbprint(jwk: &Map<String, Value>) -> Option<String> {
    let names: &[&str] = match text(jwk, "kty")? {
        "RSA" => &["e", "kty", "n"],
        "EC" => &["crv", "kty", "x", "y"],
        "OKP" => &["crv", "kty", "x"],
        _ => return None,
    };
    // Sorted, as a map of JSON writes its members.
    let members = names.iter().map(|name| Some(((*name).to_owned(), text(jwk, name)?.into())));
    let members = Value::Object(members.collect::<Option<Map<String, Value>>>()?);
    Some(URL_SAFE_NO_PAD.encode(digest(&SHA256, members.to_string().as_bytes())))
}

fn wrong(description: &'static str) -> Refusal {
    Refusal::new("invalid_dpop_proof", description)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_example_of_the_standard_has_its_thumbprint() {
        // RFC 9449, sections 4.1 and 6.1.
        let jwk = json!({
            "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
            "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
            "kty": "EC", "crv": "P-256", "use": "sig",
        });
        let name = thumbprint(jwk.as_object().unwrap());
        assert_eq!(name.as_deref(), Some("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"));
        assert_eq!(thumbprint(json!({"kty": "oct", "k": "x"}).as_object().unwrap()), None);
    }
}
