//! `initialize`: what a client of the old era says of itself, once for all its requests.

use serde::Serialize;

use super::Revision;
use crate::{
    discover::{Implementation, ServerCapabilities},
    json::{Json, Members},
    params::Params,
};

/// What a client says of itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Initialize {
    /// The revision to speak with it.
    pub revision: Revision,
    /// What it can do.
    pub capabilities: Json,
    /// Its name and version.
    pub client_info: Option<Json>,
}

/// Descriptions longer than this are kept by nobody: icons may come along, written out in full.
const MAX_INFO: usize = 1024;
/// Capabilities longer than this are refused.
const MAX_CAPABILITIES: usize = 4096;

/// A handshake that cannot be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BadHandshake {
    /// For the peer; quotes nothing that it sent.
    pub message: &'static str,
}

impl Initialize {
    /// Reads the parameters. What is kept owns its bytes: a session outlives the body.
    ///
    /// # Errors
    /// When there is no revision to negotiate about, or the capabilities are no object or larger
    /// than anything needs.
    pub fn read(params: &Params<'_>) -> Result<Self, BadHandshake> {
        let bad = |message| BadHandshake { message };
        let asked = params.text("protocolVersion").ok_or(bad("`protocolVersion` is missing"))?;
        let revision = Revision::negotiate(&asked);
        let capabilities = match params.value("capabilities") {
            None => Json::object(),
            Some(it) if !it.is_object() => return Err(bad("`capabilities` must be an object")),
            Some(it) if it.as_bytes().len() > MAX_CAPABILITIES => {
                return Err(bad("`capabilities` is too large"));
            }
            Some(it) => it.detached(),
        };
        let info = params.value("clientInfo");
        let info = info.filter(|info| info.is_object() && info.as_bytes().len() <= MAX_INFO);
        Ok(Self { revision, capabilities, client_info: info.map(|info| info.detached()) })
    }
}

/// What a server answers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Initialized<'a> {
    protocol_version: &'static str,
    capabilities: &'a ServerCapabilities,
    server_info: &'a Implementation,
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<&'a str>,
}

/// The members of the answer.
///
/// # Errors
/// When they cannot be written, which no text here fails to.
pub fn answer(
    revision: Revision,
    server: &Implementation,
    capabilities: &ServerCapabilities,
    instructions: Option<&str>,
) -> Result<Members, serde_json::Error> {
    let protocol_version = revision.as_str();
    let server_info = &described(revision, server);
    // Completion was there before anybody said so.
    let unsaid = (revision < Revision::March2025 && capabilities.completions.is_some())
        .then(|| ServerCapabilities { completions: None, ..capabilities.clone() });
    let capabilities = unsaid.as_ref().unwrap_or(capabilities);
    Members::of(&Initialized { protocol_version, capabilities, server_info, instructions })
}

/// What a revision lets a server say of itself.
fn described(revision: Revision, server: &Implementation) -> Implementation {
    if revision >= Revision::November2025 {
        return server.clone();
    }
    let mut brief = server.brief();
    if revision < Revision::June2025 {
        // Before titles there were names alone.
        brief.title = None;
    }
    brief
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Empty;

    fn read(params: serde_json::Value) -> Result<Initialize, BadHandshake> {
        let params = Json::of(&params).unwrap();
        Initialize::read(&Params::split(&params).unwrap())
    }

    #[test]
    fn what_a_client_says_is_kept_within_bounds() {
        let asked = read(serde_json::json!({
            "protocolVersion": "2025-06-18",
            "capabilities": { "elicitation": {} },
            "clientInfo": { "name": "c", "version": "1" },
        }))
        .unwrap();
        assert_eq!(asked.revision, Revision::June2025);
        assert_eq!(asked.capabilities.as_bytes(), br#"{"elicitation":{}}"#);
        assert!(asked.client_info.is_some());
        let long = "x".repeat(MAX_INFO);
        let asked =
            read(serde_json::json!({ "protocolVersion": "?", "clientInfo": { "name": long } }));
        let asked = asked.unwrap();
        assert_eq!(asked.revision, Revision::LATEST);
        assert!(asked.client_info.is_none());
    }

    #[test]
    fn what_cannot_be_answered_is_refused() {
        let large = serde_json::json!({ "x": "x".repeat(MAX_CAPABILITIES) });
        for params in [
            serde_json::json!({}),
            serde_json::json!({ "protocolVersion": 1 }),
            serde_json::json!({ "protocolVersion": "2025-06-18", "capabilities": [] }),
            serde_json::json!({ "protocolVersion": "2025-06-18", "capabilities": large }),
        ] {
            assert!(read(params).is_err());
        }
    }

    #[test]
    fn the_answer_says_no_more_than_its_revision_knows() {
        let mut server = Implementation::new("n", "1");
        server.title = Some("N".into());
        let told = server.clone();
        let answer = |revision| {
            let none = ServerCapabilities::default();
            let members = answer(revision, &told, &none, Some("be kind")).unwrap();
            String::from_utf8(members.as_bytes().to_vec()).unwrap()
        };
        assert_eq!(
            answer(Revision::November2025),
            r#""protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"n","version":"1","title":"N"},"instructions":"be kind""#
        );
        assert!(!answer(Revision::March2025).contains("title"));
        server.website_url = Some("https://e.x".into());
        server.icons.push("https://e.x/i.png".into());
        let info = |revision| {
            let capabilities =
                ServerCapabilities { completions: Some(Empty {}), ..ServerCapabilities::default() };
            let members = super::answer(revision, &server, &capabilities, None).unwrap();
            String::from_utf8(members.as_bytes().to_vec()).unwrap()
        };
        assert!(info(Revision::November2025).contains("websiteUrl"));
        for revision in [Revision::June2025, Revision::March2025] {
            let told = info(revision);
            assert!(!told.contains("e.x") && told.contains("completions"), "{told}");
        }
        assert!(!info(Revision::November2024).contains("completions"));
    }
}
