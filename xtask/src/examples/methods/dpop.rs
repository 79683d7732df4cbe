//! The example with proofs of keys: openssl makes a key and signs with it.

use std::fs;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::around::{Example, Issuer};
use crate::Result;
use crate::command::{output, program};

const FOLDER: &str = "target/dpop";

/// What it prints of its input, base64url without padding (RFC 7515, section 2).
const ENCODE: &str = "basenc --base64url --wrap 0 | tr -d =";

/// A proof counts with the nonce that was asked for, and once.
pub(super) fn check() -> Result {
    fs::create_dir_all(FOLDER)?;
    shell("openssl genpkey -algorithm ed25519 -out key.pem")?;
    let issuer = Issuer::start("")?;
    let example = Example::start("dpop", &issuer.variables())?;
    let own = proof(&format!("{}/token", issuer.url), json!({}))?;
    let token = issuer.login_with("desk", &example.url, "", &[("DPoP", &own)])?;
    fs::write(format!("{FOLDER}/token"), &token)?;
    let ath = shell(&format!("openssl dgst -sha256 -binary token | {ENCODE}"))?;
    let scheme = format!("DPoP {token}");
    let ask = |proof: &str| {
        example.send("who", json!({}), &[("Authorization", &scheme), ("DPoP", proof)])
    };

    let asked = ask(&proof(&example.url, json!({ "ath": ath }))?)?;
    asked.has(401, r#"error="use_dpop_nonce""#)?;
    let nonce = asked.answer.field("dpop-nonce").ok_or("no nonce is given")?;
    let good = proof(&example.url, json!({ "ath": ath, "nonce": nonce }))?;
    ask(&good)?.has(200, "ann")?;
    ask(&good)?.has(401, r#"error="invalid_dpop_proof""#)?;
    example.call("who", json!({}), &token)?.has(401, "the key was not proven")
}

/// A proof for a POST, with these claims besides (RFC 9449, section 4.2).
fn proof(url: &str, mut claims: Value) -> Result<String> {
    let public = shell(&format!(
        "openssl pkey -in key.pem -pubout -outform der | tail --bytes 32 | {ENCODE}"
    ))?;
    let now = SystemTime::UNIX_EPOCH.elapsed()?;
    let usual = json!({
        "htm": "POST", "htu": url, "iat": now.as_secs(), "jti": now.as_nanos().to_string(),
    });
    if let (Some(claims), Value::Object(usual)) = (claims.as_object_mut(), usual) {
        claims.extend(usual);
    }
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": public });
    let head = json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": jwk });
    fs::write(format!("{FOLDER}/head"), head.to_string())?;
    fs::write(format!("{FOLDER}/claims"), claims.to_string())?;
    shell(&format!(
        "set -e; encode() {{ {ENCODE}; }}
         printf %s.%s $(encode < head) $(encode < claims) > message
         openssl pkeyutl -sign -rawin -inkey key.pem -in message -out signature
         printf %s.%s $(cat message) $(encode < signature)"
    ))
}

fn shell(line: &str) -> Result<String> {
    let said = output(program("sh", "-c").arg(line).current_dir(FOLDER))?;
    Ok(said.trim().to_owned())
}
