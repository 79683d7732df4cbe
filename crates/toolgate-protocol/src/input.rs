//! Asking the client for input before a request can be completed (basic, "Multi round-trip
//! requests").

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use crate::{json::Json, object::Object};

/// One thing that the client is asked for: `elicitation/create` and its like, with parameters.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InputRequest {
    /// The method.
    pub method: String,
    /// Its parameters.
    pub params: Json,
}

impl InputRequest {
    /// Asks by method and parameters.
    pub fn new(method: impl Into<String>, params: Json) -> Self {
        Self { method: method.into(), params }
    }
}

/// Members of an `input_required` result.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct InputRequired {
    /// What is asked, by keys that the answers come back under.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub input_requests: BTreeMap<String, InputRequest>,
    /// Opaque to the client, sent back as it is. A peer's bytes when it returns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_state: Option<String>,
}

/// What a retried request brings back.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Answers {
    /// Answers by key.
    pub input_responses: BTreeMap<String, Json>,
    /// The state as the client returned it.
    pub request_state: Option<String>,
}

impl Answers {
    /// What a request brings.
    pub fn new(input_responses: BTreeMap<String, Json>, request_state: Option<String>) -> Self {
        Self { input_responses, request_state }
    }

    /// Cuts them out of the parameters of a request.
    ///
    /// # Errors
    /// When a member is of another type.
    pub(crate) fn read(members: &Object<'_>) -> Result<Self, serde_json::Error> {
        let input_responses = members.take("inputResponses");
        let input_responses = input_responses.map(|raw| serde_json::from_str(raw.get()));
        let request_state = members.text("requestState").transpose()?;
        Ok(Self {
            input_responses: input_responses.transpose()?.unwrap_or_default(),
            request_state: request_state.map(Cow::into_owned),
        })
    }

    /// Whether the request is no retry.
    pub fn is_empty(&self) -> bool {
        self.input_responses.is_empty() && self.request_state.is_none()
    }
}
