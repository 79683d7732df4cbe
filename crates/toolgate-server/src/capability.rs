//! Which client capability a question needs (client features; declared on each request).

use serde::Deserialize;
use serde_json::{Map, Value};
use toolgate_core::{
    Error,
    protocol::{
        Json, RequestMeta,
        input::{InputRequest, InputRequired},
        method,
    },
};

/// Refuses questions that the client of this request did not say it can answer.
///
/// # Errors
/// `-32021`, naming all that is missing.
pub(crate) fn check(question: &InputRequired, meta: &RequestMeta) -> Result<(), Error> {
    let declared = Declared::of(meta);
    let mut missing = Map::new();
    for request in question.input_requests.values() {
        for need in needs(request)? {
            if !declared.has(need) {
                require(&mut missing, need, &declared);
            }
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let missing = Json::of(&missing).map_err(|_| Error::internal())?;
    Err(Error::missing_capability(&missing))
}

/// One thing that a client can do for a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Form,
    Url,
    Sampling,
    SamplingTools,
    SamplingContext,
    Roots,
}

/// What the client of a request declared. Says nothing about other requests.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Declared {
    elicitation: Option<Elicitation>,
    sampling: Option<Sampling>,
    roots: Option<Json>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Elicitation {
    form: Option<Json>,
    url: Option<Json>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Sampling {
    tools: Option<Json>,
    context: Option<Json>,
}

impl Declared {
    pub(crate) fn of(meta: &RequestMeta) -> Self {
        let declared = meta.client_capabilities.as_ref();
        declared.and_then(|declared| declared.parse().ok()).unwrap_or_default()
    }

    pub(crate) fn has(&self, need: Need) -> bool {
        let (elicitation, sampling) = (self.elicitation.as_ref(), self.sampling.as_ref());
        match need {
            // The bare capability is that of revisions which knew forms alone.
            Need::Form => elicitation.is_some_and(|it| it.form.is_some() || it.url.is_none()),
            Need::Url => elicitation.is_some_and(|it| it.url.is_some()),
            Need::Sampling => sampling.is_some(),
            Need::SamplingTools => sampling.is_some_and(|it| it.tools.is_some()),
            Need::SamplingContext => sampling.is_some_and(|it| it.context.is_some()),
            Need::Roots => self.roots.is_some(),
        }
    }
}

fn needs(request: &InputRequest) -> Result<Vec<Need>, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Peek {
        mode: Option<String>,
        tools: Option<Json>,
        tool_choice: Option<Json>,
        include_context: Option<String>,
    }
    let peek: Peek = request.params.parse().map_err(|_| Error::internal())?;
    Ok(match (request.method.as_str(), peek.mode.as_deref()) {
        (method::ELICIT, None | Some("form")) => vec![Need::Form],
        (method::ELICIT, Some("url")) => vec![Need::Url],
        (method::ROOTS, _) => vec![Need::Roots],
        (method::SAMPLE, _) => {
            let tools = peek.tools.is_some() || peek.tool_choice.is_some();
            let context = peek.include_context.is_some_and(|context| context != "none");
            let more = [(tools, Need::SamplingTools), (context, Need::SamplingContext)];
            let more = more.into_iter().filter_map(|(needed, need)| needed.then_some(need));
            std::iter::once(Need::Sampling).chain(more).collect()
        }
        _ => return Err(Error::internal()),
    })
}

/// Adds a need to a `ClientCapabilities` object.
fn require(missing: &mut Map<String, Value>, need: Need, declared: &Declared) {
    let (name, part) = match need {
        Need::Form => ("elicitation", declared.elicitation.is_some().then_some("form")),
        Need::Url => ("elicitation", Some("url")),
        Need::Sampling => ("sampling", None),
        Need::SamplingTools => ("sampling", Some("tools")),
        Need::SamplingContext => ("sampling", Some("context")),
        Need::Roots => ("roots", None),
    };
    let required = missing.entry(name).or_insert_with(|| Map::new().into());
    if let (Some(part), Value::Object(required)) = (part, required) {
        required.insert(part.to_owned(), Map::new().into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn missing(declared: Value, method: &str, params: Value) -> Option<Value> {
        let mut question = InputRequired::default();
        let request = InputRequest::new(method, Json::of(&params).unwrap());
        question.input_requests.insert("key".into(), request);
        let meta = json!({"_meta": {"io.modelcontextprotocol/clientCapabilities": declared}});
        let meta = RequestMeta::read(Some(&Json::of(&meta).unwrap())).unwrap();
        let error = check(&question, &meta).err()?;
        let data: Value = error.data().unwrap().parse().unwrap();
        Some(data["requiredCapabilities"].clone())
    }

    #[test]
    fn each_question_needs_what_it_needs() {
        let (form, url) = (json!({}), json!({"mode": "url"}));
        let tools = json!({"tools": []});
        let context = json!({"includeContext": "allServers"});
        for (declared, method, params, lacks) in [
            (json!({"elicitation": {}}), method::ELICIT, &form, None),
            (json!({"elicitation": {"form": {}, "url": {}}}), method::ELICIT, &form, None),
            (json!({"elicitation": {"url": {}}}), method::ELICIT, &url, None),
            (json!({"sampling": {}}), method::ELICIT, &form, Some(json!({"elicitation": {}}))),
            (
                json!({"elicitation": {"url": {}}}),
                method::ELICIT,
                &form,
                Some(json!({"elicitation": {"form": {}}})),
            ),
            (
                json!({"elicitation": {}}),
                method::ELICIT,
                &url,
                Some(json!({"elicitation": {"url": {}}})),
            ),
            (json!({"elicitation": true}), method::ELICIT, &form, Some(json!({"elicitation": {}}))),
            (json!({"roots": {}}), method::ROOTS, &form, None),
            (json!({}), method::ROOTS, &form, Some(json!({"roots": {}}))),
            (json!({"sampling": {}}), method::SAMPLE, &form, None),
            (json!({"sampling": {"tools": {}}}), method::SAMPLE, &tools, None),
            (
                json!({"sampling": {}}),
                method::SAMPLE,
                &tools,
                Some(json!({"sampling": {"tools": {}}})),
            ),
            (
                json!({"sampling": {"tools": {}}}),
                method::SAMPLE,
                &context,
                Some(json!({"sampling": {"context": {}}})),
            ),
        ] {
            assert_eq!(missing(declared.clone(), method, params.clone()), lacks, "{declared}");
        }
    }
}
