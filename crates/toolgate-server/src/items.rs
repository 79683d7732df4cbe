//! All that a server has, of every kind.

use toolgate_core::{
    Scopes,
    protocol::discover::{Empty, ListCapability, ResourcesCapability, ServerCapabilities},
};

use crate::{
    catalog::Catalog,
    prompt::entry::{Made as MadePrompt, PromptEntry},
    resource::entry::{Made as MadeResource, Registered, ResourceEntry, TemplateEntry},
    tool::entry::ToolEntry,
};

#[derive(Clone)]
pub(crate) struct Items {
    pub(crate) tools: Catalog<ToolEntry>,
    pub(crate) resources: Catalog<ResourceEntry>,
    pub(crate) templates: Catalog<TemplateEntry>,
    pub(crate) prompts: Catalog<PromptEntry>,
}

impl Items {
    pub(crate) fn new() -> Self {
        Self {
            tools: Catalog::new("tools"),
            resources: Catalog::new("resources"),
            templates: Catalog::new("resourceTemplates"),
            prompts: Catalog::new("prompts"),
        }
    }

    /// What there is of each kind.
    pub(crate) fn has(&self) -> Has {
        let Self { tools, resources, templates, prompts } = self;
        Has {
            tools: !tools.is_empty(),
            resources: !resources.is_empty() || !templates.is_empty(),
            prompts: !prompts.is_empty(),
            completions: prompts.iter().any(|prompt| !prompt.completions.is_empty())
                || templates.iter().any(|family| !family.completions.is_empty()),
        }
    }

    /// Adds a resource, or a family.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn add_resource(&mut self, made: MadeResource) -> Result<(), Vec<String>> {
        let added = match made? {
            Registered::One(one) => self.resources.add(*one),
            Registered::Family(family) => self.templates.add(family),
        };
        added.map_err(|taken| vec![taken])
    }

    /// Adds a prompt.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn add_prompt(&mut self, made: MadePrompt) -> Result<(), Vec<String>> {
        self.prompts.add(made?).map_err(|taken| vec![taken])
    }

    /// Whether anything is needed for any of it.
    pub(crate) fn is_guarded(&self) -> bool {
        let Self { tools, resources, templates, prompts } = self;
        tools.is_guarded()
            || resources.is_guarded()
            || templates.is_guarded()
            || prompts.is_guarded()
    }

    /// The scopes that stand in the metadata document.
    pub(crate) fn advertised_scopes(&self) -> Scopes {
        let Self { tools, resources, templates, prompts } = self;
        let all = [
            tools.advertised_scopes(),
            resources.advertised_scopes(),
            templates.advertised_scopes(),
            prompts.advertised_scopes(),
        ];
        all.iter().fold(Scopes::none(), |all, scopes| all.union(scopes))
    }
}

/// What a server offers.
#[derive(Clone, Copy, Default)]
pub(crate) struct Has {
    pub(crate) tools: bool,
    pub(crate) resources: bool,
    pub(crate) prompts: bool,
    pub(crate) completions: bool,
}

impl Has {
    /// What either offers.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            tools: self.tools || other.tools,
            resources: self.resources || other.resources,
            prompts: self.prompts || other.prompts,
            completions: self.completions || other.completions,
        }
    }

    /// How that is said, by a server whose items may change or one whose cannot.
    pub(crate) fn capabilities(self, live: bool) -> ServerCapabilities {
        let mut list = ListCapability::default();
        list.list_changed = live;
        let mut resources = ResourcesCapability::default();
        (resources.list_changed, resources.subscribe) = (live, live);
        let mut capabilities = ServerCapabilities::default();
        capabilities.tools = self.tools.then_some(list);
        capabilities.resources = self.resources.then_some(resources);
        capabilities.prompts = self.prompts.then_some(list);
        capabilities.completions = self.completions.then(Empty::default);
        // Any handler may log.
        let any = self.tools || self.resources || self.prompts;
        capabilities.logging = any.then(Empty::default);
        capabilities
    }
}
