//! What names a public key: the hash of its members that count (RFC 7638, RFC 8037 appendix A.3).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value};

/// The thumbprint of a key that was read before; `None` for a type that is not known.
pub(super) fn of(jwk: &Map<String, Value>) -> Option<String> {
    let names: &[&str] = match jwk.get("kty")?.as_str()? {
        "RSA" => &["e", "kty", "n"],
        "EC" => &["crv", "kty", "x", "y"],
        "OKP" => &["crv", "kty", "x"],
        _ => return None,
    };
    // In this order, without spaces. Base64url and names of curves need no escapes, and whatever does
    // is no key.
    let plain =
        |text: &&str| !text.contains(['"', '\\']) && text.bytes().all(|b| b.is_ascii_graphic());
    let members = names.iter().map(|name| {
        let value = jwk.get(*name)?.as_str().filter(plain)?;
        Some(format!("\"{name}\":\"{value}\""))
    });
    let members = members.collect::<Option<Vec<_>>>()?.join(",");
    Some(URL_SAFE_NO_PAD.encode(digest(&SHA256, format!("{{{members}}}").as_bytes())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_examples_of_the_standards_have_their_thumbprints() {
        let thumbprint = |jwk: Value| of(jwk.as_object().unwrap());
        // RFC 7638, section 3.1.
        let rsa = json!({
            "kty": "RSA", "alg": "RS256", "kid": "2011-04-29", "e": "AQAB",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        });
        assert_eq!(thumbprint(rsa).as_deref(), Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));
        // RFC 8037, appendix A.3.
        let okp = json!({
            "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        });
        assert_eq!(thumbprint(okp).as_deref(), Some("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
        // RFC 9449, section 4.1 and 6.1.
        let ec = json!({
            "kty": "EC", "crv": "P-256", "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
            "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
        });
        assert_eq!(thumbprint(ec).as_deref(), Some("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"));
        for wrong in [
            json!({}),
            json!({"kty": "oct", "k": "AA"}),
            json!({"kty": "RSA", "n": "AA"}),
            json!({"kty": "RSA", "n": "A\"A", "e": "AQAB"}),
            json!({"kty": "RSA", "n": 7, "e": "AQAB"}),
        ] {
            assert_eq!(thumbprint(wrong), None);
        }
    }
}
