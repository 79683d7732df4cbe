//! Which client capability a question needs (client features; declared on each request).

use serde::Deserialize;
use toolgate_core::{
    Error,
    protocol::{Json, RequestMeta, input::InputRequired},
};

/// Refuses questions that the client of this request did not say it can answer.
///
/// # Errors
/// `-32021`, naming what is missing.
pub(crate) fn check(question: &InputRequired, meta: &RequestMeta) -> Result<(), Error> {
    for request in question.input_requests.values() {
        let needed = match request.method.as_str() {
            "elicitation/create" => "elicitation",
            "sampling/createMessage" => "sampling",
            "roots/list" => "roots",
            _ => return Err(Error::internal()),
        };
        if !declares(meta.client_capabilities.as_ref(), needed) {
            let required = Json::of(&serde_json::json!({ needed: {} }));
            return Err(required.map_or_else(
                |_| Error::internal(),
                |required| Error::missing_capability(&required),
            ));
        }
    }
    Ok(())
}

fn declares(capabilities: Option<&Json>, needed: &str) -> bool {
    let declared = capabilities.and_then(|capabilities| capabilities.parse::<Declared>().ok());
    declared.is_some_and(|declared| match needed {
        "elicitation" => declared.elicitation.is_some(),
        "sampling" => declared.sampling.is_some(),
        _ => declared.roots.is_some(),
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Declared {
    elicitation: Option<Json>,
    sampling: Option<Json>,
    roots: Option<Json>,
}
