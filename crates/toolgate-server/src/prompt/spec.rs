//! What a prompt is called, says of itself and needs: the builder twin of every `#[prompt]`
//! attribute.

use std::time::Duration;

use toolgate_core::protocol::{ItemMeta, icon::Icon};

use crate::{
    access::Access,
    ask::AskPolicy,
    completion::Completers,
    guard::Guard,
    spec::{Common, completed, described, guarded},
};

/// A prompt's description. `#[derive(Prompt)]` writes one; closures bring one.
///
/// ```
/// use toolgate_server::PromptSpec;
///
/// let spec = PromptSpec::new("review")
///     .description("Review a change.")
///     .complete("branch", |typed, _| async move { Ok(typed.among(["main", "next"])) });
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PromptSpec {
    /// Unique in a server.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Its pictures.
    pub icons: Vec<Icon>,
    /// What extensions say of it.
    pub meta: ItemMeta,
    /// Who may see and use it.
    pub access: Access,
    /// Whether its scopes stand in the metadata document.
    pub advertised: bool,
    /// How long filling it in may take.
    pub timeout: Option<Duration>,
    /// How it takes the answers to what it asks.
    pub asking: AskPolicy,
    /// What completes its arguments.
    pub completers: Completers,
}

impl PromptSpec {
    /// A prompt that says nothing and is open to everybody whom the server serves.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            title: None,
            description: None,
            icons: Vec::new(),
            meta: ItemMeta::default(),
            access: Access::default(),
            advertised: true,
            timeout: None,
            asking: AskPolicy::default(),
            completers: Completers::default(),
        }
    }

    /// What else is needed; added to an earlier guard.
    #[must_use]
    pub fn guard(mut self, guard: Guard) -> Self {
        guarded(&mut self.access, guard);
        self
    }

    /// What is wrong with it, a sentence each.
    pub(crate) fn problems(&self) -> Vec<String> {
        let Self { name, icons, meta, access, asking, .. } = self;
        let mut problems = Common { kind: "prompt", name, icons, meta, access, asking }.problems();
        if !(1..=128).contains(&name.len()) || name.contains(char::is_control) {
            problems.push(format!("the prompt name {name:?} is not 1 to 128 bytes of text"));
        }
        problems
    }
}

described!(PromptSpec);
completed!(PromptSpec);
