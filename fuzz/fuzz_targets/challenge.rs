//! Challenges: whatever a refusal says, what is sent has the form of RFC 9110, section 11.6.1, and no
//! parameter that is not ours.
//!
//! An input is lines: the refusal's kind, its message, the scopes that it wants, those that the caller
//! has, a value of the scheme's own, and where the metadata document is.
#![no_main]

use std::time::Duration;

use http::HeaderValue;
use libfuzzer_sys::fuzz_target;
use toolgate_core::{
    Refusal, Refused, Scopes,
    authenticate::Challenge,
    refused::{Realm, outcome},
};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    let mut lines = text.split('\n');
    let mut line = || lines.next().unwrap_or_default().to_owned();
    let (kind, message, needed, held, own, metadata) =
        (line(), line(), line(), line(), line(), line());
    let mut realm = Realm::default();
    realm.metadata_url = (!metadata.is_empty()).then_some(&*metadata);
    realm.known = Scopes::split(&needed).union(&Scopes::split("known"));
    realm.held = Scopes::split(&held);
    realm.challenges = vec![Challenge::new("DPoP").param("algs", own), Challenge::bearer()];
    let refused = refused(&kind, message, &needed);
    let answer = outcome(&refused, &realm);
    assert_eq!(answer, outcome(&refused, &realm), "equal refusals, equal bytes");
    for (name, value) in &answer.fields {
        let sent = HeaderValue::from_str(value).expect("a field value");
        assert!(sent.to_str().is_ok_and(|sent| sent.trim() == sent), "{value:?}");
        if *name == "www-authenticate" {
            holds(value, &realm);
        }
    }
});

fn refused(kind: &str, message: String, needed: &str) -> Refused {
    match kind {
        "missing" => Refused::Unauthenticated(Refusal::missing()),
        "malformed" => Refused::Unauthenticated(Refusal::malformed(message)),
        "scopes" => Refused::Scopes(Scopes::split(needed)),
        "step-up" => {
            let max_age = Some(Duration::from_secs(needed.len() as u64));
            Refused::StepUp { max_age, acr: Some(message), scopes: Scopes::split(needed) }
        }
        "busy" => Refused::Busy { retry: Duration::from_millis(needed.len() as u64) },
        _ => Refused::Unauthenticated(Refusal::invalid(message)),
    }
}

fn holds(value: &str, realm: &Realm<'_>) {
    let challenges = read(value).unwrap_or_else(|| panic!("no challenge: {value}"));
    let schemes: Vec<_> = challenges.iter().map(|(scheme, _)| scheme.as_str()).collect();
    assert_eq!(schemes, ["Bearer", "DPoP"], "{value}");
    let order = ["algs", "resource_metadata", "error", "acr_values", "max_age", "scope"];
    let order: Vec<_> = order.into_iter().chain(["error_description"]).collect();
    for (scheme, params) in &challenges {
        let places: Vec<_> = params
            .iter()
            .map(|(name, _)| order.iter().position(|known| known == name))
            .map(|at| at.unwrap_or_else(|| panic!("a parameter that is not ours: {value}")))
            .collect();
        assert!(places.windows(2).all(|two| two[0] < two[1]), "each once, in order: {value}");
        assert!(scheme == "DPoP" || params.iter().all(|(name, _)| name != "algs"));
        let metadata = params.iter().find(|(name, _)| name == "resource_metadata");
        assert_eq!(metadata.is_some(), realm.metadata_url.is_some());
    }
}

type Read = Vec<(String, Vec<(String, String)>)>;

/// Reads what is sent by the grammar, with quoted values alone.
fn read(value: &str) -> Option<Read> {
    let mut read: Read = Vec::new();
    let mut rest = value;
    while !rest.is_empty() {
        let end = rest.find([' ', '=', ',']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() || !word.bytes().all(is_tchar) {
            return None;
        }
        rest = match after.strip_prefix("=\"") {
            Some(quoted) => {
                let (text, after) = quoted.split_once('"')?;
                // Neither escapes nor anything but visible ASCII and spaces: RFC 6750, section 3.
                let plain = text.bytes().all(|byte| matches!(byte, 0x20..=0x7e) && byte != b'\\');
                let params = &mut read.last_mut()?.1;
                params.push((word.to_owned(), plain.then(|| text.to_owned())?));
                if after.is_empty() { after } else { after.strip_prefix(", ")? }
            }
            None => {
                read.push((word.to_owned(), Vec::new()));
                match after.strip_prefix(", ") {
                    Some(after) => after,
                    None if after.is_empty() => after,
                    None => after.strip_prefix(' ')?,
                }
            }
        };
    }
    Some(read)
}

fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
