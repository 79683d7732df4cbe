//! What a tool is called, says of itself and needs: the builder twin of every `#[tool]` attribute.

use std::time::Duration;

use toolgate_core::{Scopes, protocol::tool::Annotations};

use crate::{access::Access, ask::AskPolicy, guard::Guard};

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
    /// Who may see and use it.
    pub access: Access,
    /// Whether its scopes stand in the metadata document.
    pub advertised: bool,
    /// How long one call may take.
    pub timeout: Option<Duration>,
    /// How it takes the answers to what it asks.
    pub asking: AskPolicy,
}

impl ToolSpec {
    /// A tool that says nothing and is open to everybody whom the server serves.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            title: None,
            description: None,
            annotations: Annotations::default(),
            access: Access::default(),
            advertised: true,
            timeout: None,
            asking: AskPolicy::default(),
        }
    }

    /// A name for people.
    #[must_use]
    pub fn title(self, title: impl Into<String>) -> Self {
        Self { title: Some(title.into()), ..self }
    }

    /// What it does, for the model.
    #[must_use]
    pub fn description(self, description: impl Into<String>) -> Self {
        Self { description: Some(description.into()), ..self }
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

    /// All of these scopes are needed. Callers who lack one do not see the tool, and get 403 with
    /// the scopes when they call it.
    #[must_use]
    pub fn scopes(mut self, scopes: impl Into<Scopes>) -> Self {
        self.access.scopes = self.access.scopes.union(&scopes.into());
        self
    }

    /// One of these roles is needed. To callers without one the tool does not exist.
    #[must_use]
    pub fn roles(mut self, roles: impl Into<Scopes>) -> Self {
        self.access.roles = self.access.roles.union(&roles.into());
        self
    }

    /// What else is needed; added to an earlier guard.
    #[must_use]
    pub fn guard(mut self, guard: Guard) -> Self {
        self.access.guard = Some(match self.access.guard.take() {
            Some(earlier) => earlier.and(guard),
            None => guard,
        });
        self
    }

    /// Listed also for callers who lack something, so that they learn what to ask for.
    #[must_use]
    pub fn listed(mut self, listed: bool) -> Self {
        self.access.listed = listed;
        self
    }

    /// Whether its scopes stand in the metadata document; they do by default.
    #[must_use]
    pub fn advertised(self, advertised: bool) -> Self {
        Self { advertised, ..self }
    }

    /// How long one call may take. After it the call is dropped and the caller told.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    /// Answers to what it asks count once: a client that sends them again is refused. Such a call
    /// has to come back to the process that asked, which alone remembers.
    #[must_use]
    pub fn single_use(mut self, once: bool) -> Self {
        self.asking.single_use = once;
        self
    }

    /// Answers count that a client brings before it was asked, by the keys that it knows of. They
    /// are its word as much as any other, but nobody sees to it that they belong to this call.
    #[must_use]
    pub fn unasked_answers(mut self, count: bool) -> Self {
        self.asking.unasked = count;
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
        let guard = self.access.guard.as_ref().map(Guard::scopes).unwrap_or_default();
        if !self.access.scopes.are_valid() || !guard.are_valid() {
            problems.push(format!("a scope of tool `{}` is no scope-token of RFC 6749", self.name));
        }
        if self.asking.single_use && self.asking.unasked {
            problems.push(format!(
                "tool `{}`: `single_use` and `unasked_answers` contradict each other",
                self.name
            ));
        }
        problems
    }

    /// The scopes that calling it may need.
    pub(crate) fn all_scopes(&self) -> Scopes {
        let guard = self.access.guard.as_ref().map(Guard::scopes).unwrap_or_default();
        self.access.scopes.union(&guard)
    }
}
