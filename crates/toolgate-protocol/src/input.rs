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
    /// Its parameters; `roots/list` may be asked without.
    #[serde(default = "Json::object")]
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

    /// Reads what the parameters of any request bring; they share no bytes with it.
    ///
    /// # Errors
    /// When a member is named twice or has another type: `null` is none.
    pub fn read(params: &Json) -> Result<Self, serde_json::Error> {
        Self::of(&Object::parse(params.as_bytes())?)
    }

    pub(crate) fn of(params: &Object<'_>) -> Result<Self, serde_json::Error> {
        let request_state = params.text("requestState").transpose()?;
        let answers = params.take("inputResponses").map(|raw| Object::parse(raw.get().as_bytes()));
        Ok(Self {
            input_responses: answers
                .transpose()?
                .map(|answers| answers.owned())
                .unwrap_or_default(),
            request_state: request_state.map(Cow::into_owned),
        })
    }

    /// Whether the request is no retry.
    pub fn is_empty(&self) -> bool {
        self.input_responses.is_empty() && self.request_state.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(params: &'static str) -> Result<Answers, serde_json::Error> {
        Answers::read(&Json::from_text(params).unwrap())
    }

    #[test]
    fn what_a_retry_brings_is_read_of_any_parameters() {
        let params = r#"{"name":"p","inputResponses":{"a":{"x":1},"b":2},"requestState":"s"}"#;
        let answers = read(params).unwrap();
        assert_eq!(answers.input_responses["a"].as_bytes(), br#"{"x":1}"#);
        assert_eq!(answers.input_responses["b"].as_bytes(), b"2");
        assert_eq!(answers.request_state.as_deref(), Some("s"));
        assert!(read(r#"{"uri":"a:b"}"#).unwrap().is_empty());
    }

    /// The examples of the schema, without `resultType`, which is a stamp.
    #[test]
    fn questions_and_answers_are_read_and_written() {
        let example = serde_json::json!({
            "inputRequests": {
                "github_login": {"method": "elicitation/create", "params": {
                    "message": "Please provide your GitHub username",
                    "requestedSchema": {"type": "object", "properties": {"name": {"type": "string"}},
                                        "required": ["name"]}}},
                "capital_of_france": {"method": "sampling/createMessage", "params": {
                    "messages": [{"role": "user", "content": {
                        "type": "text", "text": "What is the capital of France?"}}],
                    "maxTokens": 100}}},
            "requestState": "eyJsb2NhdGlvbiI6Ik5ldyBZb3JrIn0"});
        let only_state = serde_json::json!({"requestState": "eyJwcm9ncmVzcyI6IjUwJSJ9"});
        for example in [example, only_state] {
            let read: InputRequired = serde_json::from_str(&example.to_string()).unwrap();
            assert_eq!(serde_json::to_value(&read).unwrap(), example);
        }
        let roots: InputRequest = serde_json::from_str(r#"{"method":"roots/list"}"#).unwrap();
        assert_eq!(roots.params, Json::object());
    }

    #[test]
    fn what_is_no_map_of_answers_is_refused() {
        for params in [
            r#"{"inputResponses":null}"#,
            r#"{"inputResponses":[]}"#,
            r#"{"inputResponses":{"a":{},"a":{}}}"#,
            r#"{"requestState":null}"#,
            r#"{"requestState":1}"#,
        ] {
            assert!(read(params).is_err(), "{params}");
        }
    }
}
