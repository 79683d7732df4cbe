//! The protected resource metadata document (RFC 9728): where clients learn who issues tokens.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use serde_json::{Map, Value, json};
use toolgate_core::{Card, ResourceCard, Scopes};

/// What stands between a resource's host and its path (RFC 9728, section 3.1).
pub(crate) const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The document, written once for each version of the service's card.
#[derive(Debug, Default)]
pub(crate) struct Document(Mutex<Option<(u64, Bytes)>>);

impl Document {
    /// The document's text; none when nobody issues tokens, or the resource has no name.
    pub(crate) fn text(
        &self,
        resource: Option<&str>,
        authenticator: &ResourceCard,
        card: &Card,
    ) -> Option<Bytes> {
        let resource = resource.filter(|_| !authenticator.authorization_servers.is_empty())?;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((version, text)) = &*kept
            && *version == card.version
        {
            return Some(text.clone());
        }
        let text = Bytes::from(write(resource, authenticator, card).to_string());
        *kept = Some((card.version, text.clone()));
        Some(text)
    }
}

fn write(resource: &str, authenticator: &ResourceCard, card: &Card) -> Value {
    let further = authenticator.more.iter();
    let further = further.filter_map(|(name, value)| Some((name.clone(), value.parse().ok()?)));
    // What an authenticator adds cannot replace what follows.
    let mut members: Map<String, Value> = further.collect();
    let mut scopes = known_scopes(card);
    if let Some(prefix) = authenticator.scope_prefix.as_ref().and_then(|it| it.at(Some(resource))) {
        scopes = scopes.under(&prefix);
    }
    // Refresh tokens are between client and issuer (authorization, "Refresh Tokens").
    let scopes: Vec<_> = scopes.iter().filter(|scope| *scope != "offline_access").collect();
    members.insert("resource".into(), json!(resource));
    members.insert("authorization_servers".into(), json!(authenticator.authorization_servers));
    if !scopes.is_empty() {
        members.insert("scopes_supported".into(), json!(scopes));
    }
    members.insert("bearer_methods_supported".into(), json!(["header"]));
    let server = &card.server;
    members.insert("resource_name".into(), json!(server.title.as_ref().unwrap_or(&server.name)));
    if let Some(page) = &server.website_url {
        members.entry("resource_documentation").or_insert_with(|| json!(page));
    }
    Value::Object(members)
}

/// Every scope that a client may need here.
pub(crate) fn known_scopes(card: &Card) -> Scopes {
    card.scopes.union(&card.required)
}

#[cfg(test)]
mod tests {
    use toolgate_core::{
        ScopePrefix,
        protocol::{Json, discover::Implementation},
    };

    use super::{super::about::About, *};

    #[test]
    fn the_document_names_resource_issuers_and_scopes() {
        let mut card = Card::new(Implementation::new("Notes", "1"));
        card.scopes = ["b", "a"].into();
        card.required = ["mcp"].into();
        let mut authenticator = ResourceCard::default();
        let document = Document::default();
        assert_eq!(document.text(Some("https://h/mcp"), &authenticator, &card), None);
        authenticator.authorization_servers = vec!["https://as.example".into()];
        authenticator.more = vec![
            ("dpop_signing_alg_values_supported".into(), Json::of(&["ES256"]).unwrap()),
            ("resource".into(), Json::of("https://evil.example").unwrap()),
        ];
        assert_eq!(document.text(None, &authenticator, &card), None);
        let read = |card: &Card| -> Value {
            let text = document.text(Some("https://h/mcp"), &authenticator, card).unwrap();
            serde_json::from_slice(&text).unwrap()
        };
        let expected = json!({
            "resource": "https://h/mcp",
            "authorization_servers": ["https://as.example"],
            "scopes_supported": ["a", "b", "mcp"],
            "bearer_methods_supported": ["header"],
            "resource_name": "Notes",
            "dpop_signing_alg_values_supported": ["ES256"],
        });
        assert_eq!(read(&card), expected);
        card.scopes = Scopes::none();
        card.server.title = Some("Notes of yours".into());
        card.server.website_url = Some("https://notes.example".into());
        assert_eq!(read(&card), expected, "the same version is not written again");
        card.version += 1;
        let changed = read(&card);
        assert_eq!(changed["scopes_supported"], json!(["mcp"]));
        assert_eq!(changed["resource_name"], "Notes of yours");
        assert_eq!(changed["resource_documentation"], "https://notes.example");
    }

    #[test]
    fn scopes_are_named_as_clients_ask_for_them() {
        let mut card = Card::new(Implementation::new("Notes", "1"));
        card.scopes = ["files:read", "openid", "offline_access"].into();
        let mut authenticator = ResourceCard::default();
        authenticator.authorization_servers = vec!["https://as.example".into()];
        for (prefix, resource, asked) in [
            (ScopePrefix::Resource, "https://h/mcp", "https://h/mcp/files:read"),
            (ScopePrefix::Resource, "https://h/", "https://h/files:read"),
            ("api://x/".into(), "https://h/mcp", "api://x/files:read"),
        ] {
            authenticator.scope_prefix = Some(prefix);
            let document = write(resource, &authenticator, &card);
            assert_eq!(document["scopes_supported"], json!([asked, "openid"]));
        }
    }

    #[test]
    fn what_the_author_says_is_there_and_wins() {
        let mut card = Card::new(Implementation::new("Notes", "1"));
        card.scopes = ["offline_access", "a"].into();
        card.server.website_url = Some("https://notes.example".into());
        let mut authenticator = ResourceCard::default();
        authenticator.authorization_servers = vec!["https://as.example".into()];
        authenticator.more =
            vec![("resource_tos_uri".into(), Json::of("https://as.example").unwrap())];
        let about =
            About::new().documentation("https://docs.example").terms("https://terms.example");
        authenticator.more.extend(about.members());
        let text = Document::default().text(Some("https://h/mcp"), &authenticator, &card).unwrap();
        let read: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(read["resource_documentation"], "https://docs.example");
        assert_eq!(read["resource_tos_uri"], "https://terms.example");
        assert_eq!(
            (&read["scopes_supported"], read.get("resource_policy_uri")),
            (&json!(["a"]), None)
        );
    }
}
