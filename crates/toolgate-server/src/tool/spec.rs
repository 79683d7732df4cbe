//! What a tool is called, says of itself and needs: the builder twin of every `#[tool]` attribute.

use std::time::Duration;

use toolgate_core::protocol::{ItemMeta, icon::Icon, tool::Annotations};

use crate::{
    access::Access,
    ask::AskPolicy,
    guard::Guard,
    spec::{Common, described, guarded},
};

/// A tool's description. `#[derive(Tool)]` writes one; closures bring one.
///
/// ```
/// use toolgate_server::{ToolSpec, role};
///
/// let spec = ToolSpec::new("delete_file")
///     .description("Delete a file from the workspace.")
///     .destructive(true)
///     .scopes(["files:write"])
///     .guard(role("editor"));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ToolSpec {
    /// Unique in a server; 1 to 128 of `A-Za-z0-9_-.` (server features, "Tools", names).
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What it does, for the model.
    pub description: Option<String>,
    /// Hints about its behaviour.
    pub annotations: Annotations,
    /// Its pictures.
    pub icons: Vec<Icon>,
    /// What extensions say of it.
    pub meta: ItemMeta,
    /// Who may see and use it.
    pub access: Access,
    /// Whether its scopes stand in the metadata document.
    pub advertised: bool,
    /// How long one call may take.
    pub timeout: Option<Duration>,
    /// How it takes the answers to what it asks.
    pub asking: AskPolicy,
    /// Whether the schemas of its arguments and its answer may contain themselves.
    pub recursive: bool,
}

impl ToolSpec {
    /// A tool that says nothing and is open to everybody whom the server serves.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            title: None,
            description: None,
            annotations: Annotations::default(),
            icons: Vec::new(),
            meta: ItemMeta::default(),
            access: Access::default(),
            advertised: true,
            timeout: None,
            asking: AskPolicy::default(),
            recursive: false,
        }
    }

    /// Hint: it changes nothing.
    #[must_use]
    pub fn read_only(mut self, hint: bool) -> Self {
        self.annotations.read_only_hint = Some(hint);
        self
    }

    /// Hint: what it changes may be lost.
    #[must_use]
    pub fn destructive(mut self, hint: bool) -> Self {
        self.annotations.destructive_hint = Some(hint);
        self
    }

    /// Hint: calling it again with equal arguments changes nothing more.
    #[must_use]
    pub fn idempotent(mut self, hint: bool) -> Self {
        self.annotations.idempotent_hint = Some(hint);
        self
    }

    /// Hint: it deals with the outside world.
    #[must_use]
    pub fn open_world(mut self, hint: bool) -> Self {
        self.annotations.open_world_hint = Some(hint);
        self
    }

    /// Serves schemas that contain themselves, which need `$ref`. Not every client takes them, and
    /// some drop all tools of a server for one; without this they are refused at registration.
    #[must_use]
    pub fn recursive(self, allowed: bool) -> Self {
        Self { recursive: allowed, ..self }
    }

    /// What else is needed; added to an earlier guard.
    #[must_use]
    pub fn guard(mut self, guard: Guard) -> Self {
        guarded(&mut self.access, guard);
        self
    }

    /// What is wrong with it, a sentence each.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        if !(1..=128).contains(&self.name.len()) || !self.name.bytes().all(allowed) {
            problems.push(format!(
                "the tool name {:?} is not 1 to 128 characters of A-Za-z0-9_-.",
                self.name
            ));
        }
        problems.extend(self.common().problems());
        problems
    }

    fn common(&self) -> Common<'_> {
        let Self { name, icons, meta, access, asking, .. } = self;
        Common { kind: "tool", name, icons, meta, access, asking }
    }
}

described!(ToolSpec);
