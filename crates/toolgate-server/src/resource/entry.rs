//! A registered resource, or a family of them: its description as it goes on the wire, and what
//! reads it.

use std::{any::Any, future::Future, sync::Arc};

use serde::de::DeserializeOwned;
use serde_json::json;
use toolgate_core::{
    BoxFuture, Context, Error,
    protocol::{
        Json, Template,
        resource::{self, Contents},
        uri,
    },
};

use super::{IntoContents, Origin, Read, spec::ResourceSpec};
use crate::{
    access::Access,
    catalog::Entry,
    completion::Completions,
    failure::Result as ToolResult,
    shared::Shared,
    text::{self, TextValue, shape},
};

/// A resource whose variables are text.
pub(crate) type Reader =
    Arc<dyn Fn(Asked, Context) -> BoxFuture<'static, ToolResult<Vec<Contents>>> + Send + Sync>;

/// What is to be read.
pub(crate) struct Asked {
    pub(crate) origin: Origin,
    pub(crate) values: Vec<TextValue>,
}

impl Asked {
    fn typed<A: DeserializeOwned>(&self) -> Result<A, Error> {
        text::typed(&self.values).map_err(|words| no_such(&self.origin.uri, words))
    }
}

/// The error that there is no such resource; names the URI, unless that is longer than any.
pub(crate) fn no_such(uri: &str, words: String) -> Error {
    let data = (uri.len() <= uri::MAX).then(|| Json::of(&json!({ "uri": uri })).ok());
    Error::invalid_params(words).with_data(data.flatten())
}

pub(crate) fn of_type<T: Read<S>, S: Send + Sync + 'static>(shared: &Shared<S>) -> Made {
    let state = shared.state.clone();
    let reader: Reader = Arc::new(move |asked, cx| {
        let state = state.clone();
        Box::pin(async move {
            let resource: T = asked.typed()?;
            resource.read(&state, &cx).await?.into_contents(&asked.origin)
        })
    });
    register::<T>(T::spec(), reader, shared.state.clone())
}

pub(crate) fn of_closure<A, F, R, O, S>(spec: ResourceSpec, read: F, shared: &Shared<S>) -> Made
where
    A: DeserializeOwned + Send + 'static,
    F: Fn(A, Context) -> R + Send + Sync + 'static,
    R: Future<Output = ToolResult<O>> + Send + 'static,
    O: IntoContents,
    S: Send + Sync + 'static,
{
    let read = Arc::new(read);
    let reader: Reader = Arc::new(move |asked, cx| {
        let read = read.clone();
        Box::pin(async move {
            let variables = asked.typed()?;
            read(variables, cx).await?.into_contents(&asked.origin)
        })
    });
    register::<A>(spec, reader, shared.state.clone())
}

pub(crate) struct ResourceEntry {
    pub(crate) spec: ResourceSpec,
    pub(crate) reader: Reader,
    /// What it shares with the others of its server.
    pub(crate) state: Arc<dyn Any + Send + Sync>,
    text: Json,
}

/// A family of resources.
pub(crate) struct TemplateEntry {
    pub(crate) of: Arc<ResourceEntry>,
    pub(crate) template: Template,
    /// The same without percent-encoding, for what [reads alike](uri::plain).
    pub(crate) plain: Template,
    pub(crate) completions: Completions,
}

/// One resource, or a family.
pub(crate) enum Registered {
    One(Box<ResourceEntry>),
    Family(TemplateEntry),
}

/// One resource or a family, or what is wrong with it.
pub(crate) type Made = Result<Registered, Vec<String>>;

/// A resource that is read by variables of type `A`.
fn register<A: DeserializeOwned>(
    mut spec: ResourceSpec,
    reader: Reader,
    state: Arc<dyn Any + Send + Sync>,
) -> Made {
    let template = spec.checked()?;
    let problem = |words: String| vec![format!("resource `{}`: {words}", spec.name)];
    let variables: Vec<String> = template.variables().map(str::to_owned).collect();
    if let Some(fields) = shape::fields::<A>() {
        agree(&variables, fields).map_err(problem)?;
    }
    let completers = std::mem::take(&mut spec.completers);
    let choices = |name: &String| shape::variants::<A>(name).iter().map(|it| (*it).to_owned());
    let arguments = variables.iter().map(|name| (name.clone(), choices(name).collect()));
    let problem = |words: String| vec![format!("resource `{}`: {words}", spec.name)];
    let completions = Completions::new(arguments, completers).map_err(problem)?;
    let text = if variables.is_empty() { describe(&spec) } else { describe_family(&spec) };
    let text = text.map_err(|error| problem(format!("it cannot be described: {error}")))?;
    let of = ResourceEntry { spec, reader, state, text };
    Ok(if variables.is_empty() {
        Registered::One(Box::new(of))
    } else {
        // What cannot be written without is compared as it stands.
        let plain = Template::parse(&uri::plain(template.as_str()));
        let plain = plain.unwrap_or_else(|_| template.clone());
        Registered::Family(TemplateEntry { of: Arc::new(of), template, plain, completions })
    })
}

/// Each variable is a field and each field a variable, or a value would go nowhere.
fn agree(variables: &[String], fields: &[&str]) -> Result<(), String> {
    if let Some(stray) = variables.iter().find(|name| !fields.contains(&name.as_str())) {
        return Err(format!("the variable `{stray}` is no field"));
    }
    match fields.iter().find(|field| !variables.iter().any(|name| name == *field)) {
        Some(stray) => Err(format!("the field `{stray}` is no variable of the URI")),
        None => Ok(()),
    }
}

fn describe(spec: &ResourceSpec) -> Result<Json, serde_json::Error> {
    let mut described = resource::Resource::new(&spec.uri, &spec.name);
    described.title.clone_from(&spec.title);
    described.description.clone_from(&spec.description);
    described.mime_type.clone_from(&spec.mime_type);
    described.annotations.clone_from(&spec.annotations);
    described.size = spec.size;
    described.icons.clone_from(&spec.icons);
    described.meta.clone_from(&spec.meta);
    Json::of(&described)
}

fn describe_family(spec: &ResourceSpec) -> Result<Json, serde_json::Error> {
    let mut described = resource::ResourceTemplate::new(&spec.uri, &spec.name);
    described.title.clone_from(&spec.title);
    described.description.clone_from(&spec.description);
    described.mime_type.clone_from(&spec.mime_type);
    described.annotations.clone_from(&spec.annotations);
    described.icons.clone_from(&spec.icons);
    described.meta.clone_from(&spec.meta);
    Json::of(&described)
}

impl Entry for ResourceEntry {
    const KIND: &'static str = "resource";

    fn name(&self) -> &str {
        &self.spec.name
    }

    fn key(&self) -> &str {
        &self.spec.uri
    }

    fn access(&self) -> &Access {
        &self.spec.access
    }

    fn advertised(&self) -> bool {
        self.spec.advertised
    }

    fn text(&self) -> &Json {
        &self.text
    }
}

impl Entry for TemplateEntry {
    const KIND: &'static str = "template";

    fn name(&self) -> &str {
        self.of.name()
    }

    fn key(&self) -> &str {
        self.of.key()
    }

    fn access(&self) -> &Access {
        self.of.access()
    }

    fn advertised(&self) -> bool {
        self.of.advertised()
    }

    fn text(&self) -> &Json {
        self.of.text()
    }
}
