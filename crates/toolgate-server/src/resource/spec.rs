//! What a resource is called, says of itself and needs: the builder twin of every `#[resource]`
//! attribute.

use std::time::Duration;

use toolgate_core::protocol::{
    ItemMeta, Template,
    icon::{Annotations, Icon, Role},
    uri::is_uri,
};

use crate::{
    access::Access,
    ask::AskPolicy,
    completion::Completers,
    guard::Guard,
    spec::{Common, completed, described, guarded},
};

/// A resource's description, or that of a family of resources whose URIs a template describes.
/// `#[derive(Resource)]` writes one; closures bring one.
///
/// ```
/// use toolgate_server::ResourceSpec;
///
/// let spec = ResourceSpec::new("weather://{city}/{day}")
///     .name("forecast")
///     .mime_type("application/json")
///     .scopes(["weather:read"]);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ResourceSpec {
    /// What it is read by; a template where it has variables in braces. Unique in a server.
    pub uri: String,
    /// Its name.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What it is, for the model.
    pub description: Option<String>,
    /// Its media type.
    pub mime_type: Option<String>,
    /// How large it is, in bytes before any encoding; not for a family.
    pub size: Option<u64>,
    /// For whom it is.
    pub annotations: Option<Annotations>,
    /// Its pictures.
    pub icons: Vec<Icon>,
    /// What extensions say of it.
    pub meta: ItemMeta,
    /// Who may see and read it.
    pub access: Access,
    /// Whether its scopes stand in the metadata document.
    pub advertised: bool,
    /// How long one reading may take.
    pub timeout: Option<Duration>,
    /// How it takes the answers to what it asks.
    pub asking: AskPolicy,
    /// What completes its variables.
    pub completers: Completers,
}

impl ResourceSpec {
    /// A resource that is named by its URI and open to everybody whom the server serves.
    pub fn new(uri: impl Into<String>) -> Self {
        let uri = uri.into();
        Self {
            name: uri.clone(),
            uri,
            title: None,
            description: None,
            mime_type: None,
            size: None,
            annotations: None,
            icons: Vec::new(),
            meta: ItemMeta::default(),
            access: Access::default(),
            advertised: true,
            timeout: None,
            asking: AskPolicy::default(),
            completers: Completers::default(),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Its media type: what contents have that say none of their own.
    #[must_use]
    pub fn mime_type(self, mime_type: impl Into<String>) -> Self {
        Self { mime_type: Some(mime_type.into()), ..self }
    }

    /// How large it is, in bytes before any encoding.
    #[must_use]
    pub fn size(self, bytes: u64) -> Self {
        Self { size: Some(bytes), ..self }
    }

    /// For whom it is.
    #[must_use]
    pub fn audience(mut self, audience: impl IntoIterator<Item = Role>) -> Self {
        self.annotations.get_or_insert_default().audience = audience.into_iter().collect();
        self
    }

    /// How much it matters: from 0, which may be left out, to 1, which may not.
    #[must_use]
    pub fn priority(mut self, priority: f64) -> Self {
        self.annotations.get_or_insert_default().priority = Some(priority);
        self
    }

    /// When it last changed, as ISO 8601 has it.
    #[must_use]
    pub fn last_modified(mut self, when: impl Into<String>) -> Self {
        self.annotations.get_or_insert_default().last_modified = Some(when.into());
        self
    }

    /// What else is needed; added to an earlier guard.
    #[must_use]
    pub fn guard(mut self, guard: Guard) -> Self {
        guarded(&mut self.access, guard);
        self
    }

    /// Its template, or what is wrong with it, a sentence each.
    pub(crate) fn checked(&self) -> Result<Template, Vec<String>> {
        let Self { uri, name, icons, meta, access, asking, .. } = self;
        let mut problems =
            Common { kind: "resource", name, icons, meta, access, asking }.problems();
        if name.is_empty() || name.contains(char::is_control) {
            problems.push(format!("the resource {uri:?} has no name"));
        }
        match Template::parse(uri) {
            Err(bad) => problems.push(format!("the URI {uri:?} of resource `{name}`: {bad}")),
            Ok(template) => {
                if !is_uri(&template.sample()) {
                    problems.push(format!("{uri:?} of resource `{name}` is no URI"));
                }
                if self.size.is_some() && template.variables().next().is_some() {
                    problems.push(format!("the family `{name}` has no one size"));
                }
                if problems.is_empty() {
                    return Ok(template);
                }
            }
        }
        Err(problems)
    }
}

described!(ResourceSpec);
completed!(ResourceSpec);
