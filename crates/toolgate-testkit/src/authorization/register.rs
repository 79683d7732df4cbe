//! Clients that introduce themselves: by registration (RFC 7591), or by a document that is their name.

use std::time::UNIX_EPOCH;

use serde_json::{Map, Value, json};

use super::{
    access::unguessable, access::words, client::OAuthClient, refusal::Refusal, state::State,
};

/// Places to come back to, of one client.
const MAX_REDIRECTS: usize = 16;

/// Registers a client for logins, with or without a secret.
pub(super) fn answer(state: &State, body: &[u8]) -> Result<Value, Refusal> {
    let wrong = Refusal::new("invalid_client_metadata", "the body is no JSON object");
    let told: Map<String, Value> = serde_json::from_slice(body).map_err(|_| wrong)?;
    // What is usual by the standard is a secret (section 2).
    let method = text(&told, "token_endpoint_auth_method")?.unwrap_or("client_secret_basic");
    let secret = match method {
        "none" => None,
        "client_secret_basic" | "client_secret_post" => Some(unguessable()),
        _ => return Err(metadata("clients prove themselves by a secret or not at all")),
    };
    let id = unguessable();
    let client = OAuthClient { secret: secret.clone(), ..described(id.clone(), &told)? };
    let said = said(state, &client, method, secret);
    state.desk().registered.put(id, client);
    Ok(said)
}

/// What a client is told of itself (section 3.2.1).
fn said(state: &State, client: &OAuthClient, method: &str, secret: Option<String>) -> Value {
    let since = state.now().duration_since(UNIX_EPOCH);
    let mut said = Map::new();
    let mut say = |name: &str, value: Value| said.insert(name.to_owned(), value);
    say("client_id", client.id.as_str().into());
    say("client_id_issued_at", since.map_or(0, |since| since.as_secs()).into());
    say("redirect_uris", client.redirects.clone().into());
    say("grant_types", grants(client).into());
    say("response_types", json!(["code"]));
    say("token_endpoint_auth_method", method.into());
    say("dpop_bound_access_tokens", client.dpop.into());
    if let Some(name) = &client.name {
        say("client_name", name.as_str().into());
    }
    if let Some(scopes) = &client.scopes {
        say("scope", scopes.join(" ").into());
    }
    if let Some(secret) = secret {
        say("client_secret", secret.into());
        say("client_secret_expires_at", 0.into());
    }
    Value::Object(said)
}

/// The client that metadata describes. It has no secret yet, and may do nothing but log people in.
pub(super) fn described(id: String, told: &Map<String, Value>) -> Result<OAuthClient, Refusal> {
    let redirects = list(told, "redirect_uris")?.unwrap_or_default();
    let usable = (1..=MAX_REDIRECTS).contains(&redirects.len());
    if !usable || !redirects.iter().all(|uri| may_lead_to(uri)) {
        return Err(Refusal::new("invalid_redirect_uri", "redirect_uris are missing or no good"));
    }
    let grants = list(told, "grant_types")?.unwrap_or(vec!["authorization_code".to_owned()]);
    if !grants.iter().any(|grant| grant == "authorization_code") {
        return Err(metadata("a client that registers logs people in"));
    }
    if list(told, "response_types")?.is_some_and(|types| types.iter().any(|it| it != "code")) {
        return Err(metadata("only codes are given out"));
    }
    Ok(OAuthClient {
        name: text(told, "client_name")?.map(str::to_owned),
        redirects,
        refreshes: grants.iter().any(|grant| grant == "refresh_token"),
        scopes: text(told, "scope")?.map(words),
        dpop: told.get("dpop_bound_access_tokens") == Some(&Value::Bool(true)),
        ..OAuthClient::public(id)
    })
}

fn grants(client: &OAuthClient) -> Vec<&'static str> {
    let refresh = client.refreshes.then_some("refresh_token");
    ["authorization_code"].into_iter().chain(refresh).collect()
}

/// Over TLS, on this machine, or to an app by a scheme of its own.
fn may_lead_to(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else { return false };
    let known = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    if uri.contains('#') || !uri.bytes().all(|b| b.is_ascii_graphic()) || !scheme.chars().all(known)
    {
        return false;
    }
    match &*scheme.to_ascii_lowercase() {
        "https" => rest.starts_with("//"),
        "http" => is_here(rest),
        "javascript" | "data" | "vbscript" | "file" | "blob" | "about" | "" => false,
        _ => true,
    }
}

/// Whether what follows `http:` begins with this machine, and perhaps a port.
fn is_here(rest: &str) -> bool {
    let host = rest.strip_prefix("//").and_then(|rest| rest.split(['/', '?']).next());
    let Some(host) = host else { return false };
    let is_port = |port: &str| port.bytes().all(|b| b.is_ascii_digit());
    ["127.0.0.1", "[::1]", "localhost"].iter().any(|name| {
        let port = host.strip_prefix(name);
        port.is_some_and(|it| it.is_empty() || it.strip_prefix(':').is_some_and(is_port))
    })
}

fn text<'a>(told: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Refusal> {
    match told.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(metadata("a member that is to be text is none")),
    }
}

fn list(told: &Map<String, Value>, name: &str) -> Result<Option<Vec<String>>, Refusal> {
    let wrong = || metadata("a member that is to be a list of texts is none");
    match told.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(all)) => {
            let all = all.iter().map(|it| it.as_str().map(str::to_owned));
            all.collect::<Option<_>>().map(Some).ok_or_else(wrong)
        }
        Some(_) => Err(wrong()),
    }
}

fn metadata(description: &'static str) -> Refusal {
    Refusal::new("invalid_client_metadata", description)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_sent_back_where_nobody_else_listens() {
        for (uri, may) in [
            ("https://app.example/back", true),
            ("http://127.0.0.1:8976/callback", true),
            ("http://localhost/callback", true),
            ("http://[::1]:1/callback", true),
            ("http://[::1]/callback", true),
            ("cursor://anysphere.cursor-mcp/oauth/callback", true),
            ("com.example.app:/back", true),
            ("http://app.example/back", false),
            ("http://127.0.0.1.example/back", false),
            ("http://localhost:1@app.example/", false),
            ("https://app.example/back#part", false),
            ("javascript:alert(1)", false),
            ("JavaScript:alert(1)", false),
            ("data:text/html,x", false),
            ("https:app", false),
            ("/back", false),
            ("https://app.example/a b", false),
        ] {
            assert_eq!(may_lead_to(uri), may, "{uri}");
        }
    }
}
