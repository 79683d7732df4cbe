//! Certificates of clients: nginx asks for them and tells the node of them, which believes nginx alone.

use std::fs;

use serde_json::json;

use super::era::of_status;
use super::nginx::PREFIX;
use super::stage::{CERTIFICATES, Stage};
use crate::Result;
use crate::certificates::Holder;
use crate::http;

const OWN: &str = "--cert client.pem --key client.key";
const OTHER: &str = "--cert other.pem --key other.key";

/// A stolen token, and whatever its thief says of a certificate whose key he has not.
pub(super) fn told(stage: &Stage) -> Result<String> {
    let holder =
        Holder { folder: CERTIFICATES, url: &stage.bound_url(), token: &stage.bound.token };
    let own = holder.who(OWN)?;
    if !own.starts_with("HTTP/1.1 200") || !own.contains(r#""text":"ann""#) {
        return Err(format!("with its certificate the token got: {own}").into());
    }
    let certificate = fs::read_to_string(format!("{CERTIFICATES}/client.pem"))?;
    let certificate = escaped(&certificate);
    let claim = format!("-H 'X-Client-Cert: {certificate}'");
    for with in ["", OTHER, &claim, &format!("{OTHER} {claim}")] {
        let refused = holder.who(with)?;
        if !refused.starts_with("HTTP/1.1 401") || !refused.contains("invalid_token") {
            return Err(format!("with {with:?} the token got: {refused}").into());
        }
    }
    // Through a location that knows of no certificates.
    let url = &stage.bound_url().replace("/bound/", PREFIX);
    let elsewhere = Holder { url, ..holder };
    let refused = elsewhere.who(&claim)?;
    if !refused.starts_with("HTTP/1.1 401") || !refused.contains("invalid_token") {
        return Err(format!("at {url} a certificate of its own making got: {refused}").into());
    }
    // Past nginx: the node has to see that it is not told by who it believes.
    let past = http::modern(&stage.bound.url, "tools/list", None, json!({}));
    let past = past.with("Authorization", &format!("Bearer {}", stage.bound.token));
    of_status(past.with("X-Client-Cert", &certificate).send()?, 401)?;
    Ok("with its certificate 200; without, with another, or in a client's own header 401".into())
}

/// As `$ssl_client_escaped_cert` has it.
fn escaped(pem: &str) -> String {
    let escape = |sign: char| match sign {
        '\n' => "%0A".to_owned(),
        ' ' => "%20".to_owned(),
        '+' => "%2B".to_owned(),
        sign => sign.to_string(),
    };
    pem.chars().map(escape).collect()
}
