//! `resources/read`: found by its URI, decided, read, and its end turned into a reply.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use toolgate_core::{
    Cache, Context, Error, Reply, Request, Running,
    protocol::{
        Json,
        input::Answers,
        resource::{ReadResource, ReadResourceResult},
        uri,
    },
};

use super::{
    Origin,
    entry::{Asked, ResourceEntry, TemplateEntry, no_such},
};
use crate::{
    access::Item,
    ask::desk::{Desk, Round},
    audit::Under,
    catalog::{self, Entry},
    handle::{self, Ended},
    items::Items,
    layer::inner::{Around, Given, Inners},
    text::TextValue,
};

pub(crate) async fn read(
    items: &Items,
    desk: &Arc<Desk>,
    inner: &Inners,
    under: Under<'_>,
    request: &Request,
    cx: Context,
) -> Result<Running, Error> {
    let ReadResource { uri, input_responses, request_state, .. } =
        ReadResource::read(&request.params)
            .map_err(|_| Error::invalid_params("the parameters are malformed"))?;
    let (Found { kind, entry, values, .. }, arguments) = admitted(items, &uri, under, &cx).await?;
    let brought = Answers::new(input_responses, request_state);
    let cx = cx.with_state(entry.state.clone());
    let (cx, round) = desk.resume(request, brought, entry.spec.asking, cx)?;
    let origin = Origin { uri, mime_type: entry.spec.mime_type.clone() };
    let around = inner.around(|| Given { arguments, uri: Some(origin.uri.as_str().into()) });
    let asked = Asked { origin, values };
    handle::start(cx, |cx| run(kind, entry, asked, around, cx, round)).await
}

/// Whether this caller may read what a URI means: what that takes.
///
/// # Errors
/// That there is no such resource for this caller, or the refusal.
pub(crate) async fn may_read(
    items: &Items,
    uri: &str,
    under: Under<'_>,
    cx: &Context,
) -> Result<(), Error> {
    admitted(items, uri, under, cx).await.map(|_| ())
}

/// What a URI means, for a caller who may read it, and the variables that this was decided by.
async fn admitted(
    items: &Items,
    uri: &str,
    under: Under<'_>,
    cx: &Context,
) -> Result<(Found, Json), Error> {
    let found = uri::is_uri(uri).then(|| find(items, uri)).flatten();
    let found = found.ok_or_else(|| unknown(uri))?;
    let variables = found.admit(uri, under, cx).await?;
    Ok((found, variables))
}

/// The resource that a URI means.
struct Found {
    kind: &'static str,
    entry: Arc<ResourceEntry>,
    family: Option<Arc<TemplateEntry>>,
    values: Vec<TextValue>,
}

/// The resource of exactly this URI, else that of the first family that it matches. What comes first
/// is meant, and decides: what hides it from a caller must not be got round by a later family. Nor
/// must an exact resource that is off, or what an author would take for the same: that is no resource
/// at all.
fn find(items: &Items, uri: &str) -> Option<Found> {
    if let Some(entry) = items.resources.find(uri) {
        let (entry, values) = (entry.clone(), Vec::new());
        return Some(Found { kind: ResourceEntry::KIND, entry, family: None, values });
    }
    let plain = uri::plain(uri);
    let (family, values) = items.templates.available().find_map(|family| {
        let values = family.template.matches(uri).map(|values| Some((family, values)));
        // A family of which it is an instance only once it is decoded comes first all the same.
        values.or_else(|| family.plain.matches(&plain).map(|_| None))
    })??;
    let is_meant = |one: &ResourceEntry| {
        uri::plain(one.key()) == plain
            || family.template.matches(one.key()).is_some_and(|own| are_same(&own, &values))
    };
    // On or off.
    if items.resources.iter().any(is_meant) {
        return None;
    }
    let value = |(name, text): (&str, Cow<'_, str>)| TextValue {
        separator: family.template.separator(name),
        name: name.to_owned(),
        text: text.into_owned(),
    };
    let values = values.into_iter().map(value).collect();
    let (entry, family) = (family.of.clone(), Some(family.clone()));
    Some(Found { kind: TemplateEntry::KIND, entry, family, values })
}

/// Whether these are the same variables, in whatever order; none is there twice.
fn are_same(one: &[(&str, Cow<'_, str>)], other: &[(&str, Cow<'_, str>)]) -> bool {
    one.len() == other.len() && one.iter().all(|value| other.contains(value))
}

impl Found {
    /// Decides by the variables of a family; there are none where it is no family.
    async fn admit(&self, uri: &str, under: Under<'_>, cx: &Context) -> Result<Json, Error> {
        let unknown = || unknown(uri);
        let Some(family) = &self.family else {
            catalog::admit(&*self.entry, None, under, cx, unknown).await?;
            return Ok(Json::object());
        };
        let named = self.values.iter().map(|value| (&value.name, &value.text));
        let arguments = Json::of(&named.collect::<BTreeMap<_, _>>());
        let arguments = arguments.map_err(|_| Error::internal())?;
        catalog::admit(&**family, Some(&arguments), under, cx, unknown).await?;
        Ok(arguments)
    }
}

async fn run(
    kind: &'static str,
    entry: Arc<ResourceEntry>,
    asked: Asked,
    around: Around,
    cx: Context,
    round: Round,
) -> Result<Reply, Error> {
    let item = Item::new(kind, entry.name()).key(entry.key());
    let uri = asked.origin.uri.clone();
    let reader = |cx| (entry.reader)(asked, cx);
    let reader = |cx| around.run(item, cx, reader);
    match handle::run(item, entry.spec.timeout, cx, Some(&round), reader).await? {
        Ended::Done(contents) if contents.is_empty() => Err(unknown(&uri)),
        Ended::Done(contents) => {
            let mut result = ReadResourceResult::default();
            result.contents = contents;
            // Who asks may have decided what was read, whatever is guarded.
            Ok(Reply::of(&result)?.cache(Cache::PRIVATE))
        }
        Ended::Said(words) => Err(handle::said(words)),
        Ended::Asks(question) => Ok(question),
    }
}

fn unknown(uri: &str) -> Error {
    no_such(uri, "unknown resource".into())
}
