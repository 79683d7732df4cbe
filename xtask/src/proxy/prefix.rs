//! The path prefix: where it is stripped, what the server says of itself is still what clients see.

use serde_json::{Value, json};

use super::era::{ERAS, of_status, result, with_token};
use super::nginx::PREFIX;
use super::stage::Stage;
use crate::Result;
use crate::http::{self, Ask};

/// The endpoint, and from a 401 the way to the metadata document, all below nginx's own URL.
pub(super) fn public(stage: &Stage) -> Result<String> {
    let url = stage.url(PREFIX);
    let document = format!("{}/.well-known/oauth-protected-resource{PREFIX}mcp", stage.base);
    for era in ERAS {
        result(&era.ask(&url, "tools/list", None, json!({})).send()?)?;
    }
    // Three requests at a time, so that the second time each goes to the other node.
    for _ in &stage.nodes {
        let stranger = http::modern(&url, "tools/list", None, json!({}));
        let refused = of_status(stranger.send()?, 401)?;
        let challenge = refused.field("www-authenticate").unwrap_or_default();
        if !challenge.starts_with("Bearer ") || parameter(challenge) != Some(&document) {
            return Err(refused.fault(format!("the challenge does not name {document}")));
        }
        let wrong = stranger.with("Authorization", "Bearer made-up").send()?;
        let refused = of_status(wrong, 401)?;
        if !refused.field("www-authenticate").is_some_and(|it| it.contains("invalid_token")) {
            return Err(refused.fault("the challenge does not say what is wrong"));
        }
        let read = of_status(Ask::new("GET", &document).send()?, 200)?;
        if read.message()?.get("resource").and_then(Value::as_str) != Some(&url) {
            return Err(read.fault(format!("the document is not of {url}")));
        }
    }
    let outside = with_token(http::modern(&stage.url("/"), "tools/list", None, json!({})));
    of_status(outside.send()?, 404)?;
    Ok(format!("{url} is served, and its 401 leads to {document}, which is there"))
}

/// Where a challenge points to (RFC 9728, section 5.1).
fn parameter(challenge: &str) -> Option<&str> {
    challenge.split_once("resource_metadata=\"")?.1.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::parameter;

    #[test]
    fn a_challenge_points_to_the_document() {
        let challenge = r#"Bearer realm="a", resource_metadata="http://h/x", scope="b""#;
        assert_eq!(parameter(challenge), Some("http://h/x"));
        assert_eq!(parameter("Bearer"), None);
    }
}
