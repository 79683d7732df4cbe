//! Clients whose name is the URL of a document that describes them (OAuth Client ID Metadata Document,
//! draft-ietf-oauth-client-id-metadata-document).

use serde_json::Value;

use super::{client::OAuthClient, form::Fields, register::described, state::State};

/// Longest name that is asked about, in bytes.
const MAX_URL: usize = 2048;

/// Learns of the client of a request, if that is its name; forgets it if the document is no good any
/// more. It is fetched anew each time that somebody logs in.
pub(super) async fn learn(state: &State, query: &str) {
    let fields = Fields::read(query);
    let (Some(documents), Ok(Some(url))) = (&state.settings().documents, fields.one("client_id"))
    else {
        return;
    };
    if !may_be_name(url) {
        return;
    }
    let client = documents.at(url).await.and_then(|document| read(url, &document));
    let mut desk = state.desk();
    match client {
        Some(client) => desk.registered.put(url.to_owned(), client),
        None => drop(desk.registered.take(url)),
    }
}

/// The client that a document describes: the one that it is found at, without a secret.
fn read(url: &str, document: &Value) -> Option<OAuthClient> {
    let members = document.as_object().filter(|it| !it.contains_key("client_secret"))?;
    let method = members.get("token_endpoint_auth_method");
    let fits = members.get("client_id")? == url && method.is_none_or(|method| method == "none");
    if fits { described(url.to_owned(), members).ok() } else { None }
}

/// Over TLS, with a path, and in one spelling.
fn may_be_name(url: &str) -> bool {
    let Some((host, path)) = url.strip_prefix("https://").and_then(|rest| rest.split_once('/'))
    else {
        return false;
    };
    let plain = url.len() <= MAX_URL && url.bytes().all(|b| b.is_ascii_graphic());
    let dots = |part: &str| part == "." || part == "..";
    plain
        && !host.is_empty()
        && !path.is_empty()
        && !host.contains('@')
        && !url.contains('#')
        && !path.split(['/', '?']).any(dots)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_is_a_url_in_one_spelling() {
        for (url, may) in [
            ("https://app.example/client.json", true),
            ("https://app.example:8443/a/b", true),
            ("http://app.example/client.json", false),
            ("https://app.example", false),
            ("https://app.example/", false),
            ("https:///client.json", false),
            ("https://me@app.example/client.json", false),
            ("https://app.example/client.json#x", false),
            ("https://app.example/../client.json", false),
            ("https://app.example/./client.json", false),
            ("client", false),
        ] {
            assert_eq!(may_be_name(url), may, "{url}");
        }
        assert!(!may_be_name(&format!("https://app.example/{}", "x".repeat(MAX_URL))));
    }

    #[test]
    fn a_document_describes_the_client_that_it_is_found_at() {
        let url = "https://app.example/client.json";
        let good = json!({"client_id": url, "redirect_uris": ["https://app.example/back"]});
        assert_eq!(read(url, &good).unwrap().redirects, ["https://app.example/back"]);
        for (name, value) in [
            ("client_id", json!("https://app.example/other.json")),
            ("client_id", Value::Null),
            ("client_secret", json!("s3cr3t")),
            ("token_endpoint_auth_method", json!("client_secret_post")),
            ("redirect_uris", json!(["javascript:alert(1)"])),
            ("redirect_uris", json!([])),
        ] {
            let mut bad = good.clone();
            bad[name] = value;
            assert!(read(url, &bad).is_none(), "{bad}");
        }
    }
}
