//! A question in Cedar's terms: principal, action, resource, context, and what is known of them.

use std::{
    collections::{HashMap, HashSet},
    str::FromStr,
    time::SystemTime,
};

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, EvalResult, Request,
    RestrictedExpression,
};
use serde_json::Value;
use toolgate_core::Identity;
use toolgate_server::{Act, Ask};

use crate::values;

type Attributes = Vec<(String, RestrictedExpression)>;

/// How large arguments may be that are made Cedar's, which takes far more than their text does.
#[derive(Clone, Copy)]
pub(crate) struct Most {
    pub(crate) bytes: usize,
    pub(crate) values: usize,
}

impl Default for Most {
    fn default() -> Self {
        Self { bytes: 256 * 1024, values: 10_000 }
    }
}

/// The request, and the entities that it is about; none, where it is too large or has no form in Cedar.
pub(crate) fn put(
    ask: &Ask<'_>,
    act: Act,
    known: &Entities,
    most: Most,
) -> Option<(Request, Entities)> {
    let identity = ask.caller.identity()?;
    let principal = uid("User", &format!("{}#{}", identity.key.issuer, identity.key.subject))?;
    let (kind, use_of) = match ask.item.kind {
        "tool" => ("Tool", "call"),
        "resource" => ("Resource", "read"),
        "template" => ("Template", "read"),
        "prompt" => ("Prompt", "get"),
        _ => return None,
    };
    let action = uid("Action", if act == Act::Use { use_of } else { "list" })?;
    let resource = uid(kind, ask.item.key)?;
    let roles: Option<HashSet<_>> = ask.roles().iter().map(|role| uid("Role", role)).collect();
    let name = vec![("name".to_owned(), text(ask.item.name))];
    let context = context(ask, act, identity, most)?;
    let entities = [
        entity(known, &principal, attributes(ask, identity), roles?, &["client", "acr"])?,
        entity(known, &resource, name, HashSet::new(), &[])?,
    ];
    let entities = known.clone().upsert_entities(entities, None).ok()?;
    let request = Request::new(principal, action, resource, context, None).ok()?;
    Some((request, entities))
}

fn uid(kind: &str, id: &str) -> Option<EntityUid> {
    let kind = EntityTypeName::from_str(kind).ok()?;
    Some(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}

fn text(text: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(text.to_owned())
}

fn attributes(ask: &Ask<'_>, identity: &Identity) -> Attributes {
    let key = &identity.key;
    let mut attributes = vec![
        ("issuer", text(&key.issuer)),
        ("subject", text(&key.subject)),
        ("scopes", values::texts(ask.scopes().iter())),
        ("roles", values::texts(ask.roles().iter())),
    ];
    attributes.extend(key.client.as_ref().map(|client| ("client", text(client))));
    attributes.extend(identity.acr.as_ref().map(|acr| ("acr", text(acr))));
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What the operator knows of it, and over that what this request says.
///
/// What only a token may say of it, nobody else says: a client of old would otherwise be one for good.
fn entity(
    known: &Entities,
    uid: &EntityUid,
    ours: Attributes,
    mut parents: HashSet<EntityUid>,
    only_ours: &[&str],
) -> Option<Entity> {
    let (mut attributes, mut tags) = (HashMap::new(), Attributes::new());
    if let Some(entity) = known.get(uid) {
        tags = entity.tags().map(|(name, it)| tag(name, it.ok()?)).collect::<Option<_>>()?;
        // The tags are not among what this gives.
        let (_, theirs, above) = entity.clone().into_inner();
        attributes = theirs;
        parents.extend(above);
    }
    for name in only_ours {
        attributes.remove(*name);
    }
    attributes.extend(ours);
    Entity::new_with_tags(uid.clone(), attributes, parents, tags).ok()
}

fn tag(name: &str, value: EvalResult) -> Option<(String, RestrictedExpression)> {
    Some((name.to_owned(), values::again(value)?))
}

fn context(ask: &Ask<'_>, act: Act, identity: &Identity, most: Most) -> Option<Context> {
    let mut pairs = Attributes::new();
    if let (Some(arguments), Act::Use) = (ask.arguments, act) {
        let small = arguments.as_bytes().len() <= most.bytes;
        let arguments: Value = small.then(|| arguments.parse().ok()).flatten()?;
        let few = values::count(&arguments) <= most.values;
        pairs.push(("arguments".to_owned(), few.then(|| values::of(arguments)).flatten()?));
    }
    if let Some(age) = identity.authenticated.and_then(|at| age(at, SystemTime::now())) {
        pairs.push(("login_age".to_owned(), RestrictedExpression::new_long(age)));
    }
    Context::from_pairs(pairs).ok()
}

/// How many seconds ago, rounded up; none, where it is in the future.
fn age(at: SystemTime, now: SystemTime) -> Option<i64> {
    let ago = now.duration_since(at).ok()?;
    i64::try_from(ago.as_secs() + u64::from(ago.subsec_nanos() > 0)).ok()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn an_age_is_rounded_up_and_never_negative() {
        let now = UNIX_EPOCH + Duration::from_secs(100);
        assert_eq!(age(UNIX_EPOCH, now), Some(100));
        assert_eq!(age(now - Duration::from_millis(1), now), Some(1));
        assert_eq!(age(now + Duration::from_millis(1), now), None);
    }
}
