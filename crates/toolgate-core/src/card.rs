//! What a transport must know of a service without knowing what it is made of.

use std::collections::{BTreeMap, HashMap};

use toolgate_protocol::{Members, discover::Implementation, meta, method};

use crate::{hierarchy::Hierarchy, identity::Caller, scopes::Scopes, typemap::PrincipalType};

/// A service's card. Immutable: a service that changes hands out another with a higher version.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Card {
    /// Grows with every change.
    pub version: u64,
    /// Name and version of the server.
    pub server: Implementation,
    /// Scopes that the metadata document names, `scopes_supported` (RFC 9728, section 2).
    pub scopes: Scopes,
    /// Scopes that every request needs.
    pub required: Scopes,
    /// Scopes that contain others. Whoever holds one holds what it contains.
    pub hierarchy: Hierarchy,
    /// Whether anything is guarded. Guarded and nobody authenticates: refuse to start.
    pub guarded: bool,
    /// Whether callers without identity are served.
    pub open: bool,
    /// The author's types that something here cannot do without.
    pub principals: Vec<PrincipalType>,
    names: BTreeMap<String, String>,
    headers: HashMap<String, Vec<ParamHeader>>,
    brief: Stamp,
    whole: Stamp,
}

/// What a server says of itself in results, written once.
#[derive(Clone, Debug)]
struct Stamp {
    member: Members,
    meta: Members,
}

impl Stamp {
    fn of(server: &Implementation) -> Self {
        let member = Members::of(&BTreeMap::from([(meta::SERVER_INFO, server)]));
        let member = member.unwrap_or_default();
        Self { meta: Members::object("_meta", &member), member }
    }
}

impl Card {
    /// The card of a service that guards nothing and refuses callers without identity.
    pub fn new(server: Implementation) -> Self {
        Self {
            brief: Stamp::of(&server.brief()),
            whole: Stamp::of(&server),
            version: 0,
            server,
            scopes: Scopes::none(),
            required: Scopes::none(),
            hierarchy: Hierarchy::default(),
            guarded: false,
            open: false,
            principals: Vec::new(),
            names: BTreeMap::new(),
            headers: HashMap::new(),
        }
    }

    /// The same, with a parameter that a method of an extension mirrors into `Mcp-Name`.
    #[must_use]
    pub fn mirror(mut self, method: impl Into<String>, param: impl Into<String>) -> Self {
        self.names.insert(method.into(), param.into());
        self
    }

    /// The same, with the arguments that a tool mirrors into `Mcp-Param-*`.
    #[must_use]
    pub fn param_header(mut self, tool: impl Into<String>, headers: Vec<ParamHeader>) -> Self {
        self.headers.insert(tool.into(), headers);
        self
    }

    /// The parameter that a method mirrors into `Mcp-Name`.
    pub fn mcp_name(&self, method: &str) -> Option<&str> {
        method::mirrored_name(method).or_else(|| self.names.get(method).map(String::as_str))
    }

    /// Whether any tool mirrors arguments into `Mcp-Param-*`.
    pub fn has_param_headers(&self) -> bool {
        !self.headers.is_empty()
    }

    /// The arguments that a tool mirrors into `Mcp-Param-*`.
    pub fn param_headers(&self, tool: &str) -> &[ParamHeader] {
        self.headers.get(tool).map_or(&[], Vec::as_slice)
    }

    /// The scopes that every request needs, where a caller lacks one of them: all, so that one login
    /// mends it.
    pub fn lacking(&self, caller: &Caller) -> Option<&Scopes> {
        let held = |held: &Scopes| self.hierarchy.has_all(held, &self.required);
        let held = caller.identity().is_some_and(|identity| held(&identity.scopes));
        (!held && !self.required.is_empty()).then_some(&self.required)
    }

    pub(crate) fn server_stamp(&self, whole: bool) -> &Members {
        if whole { &self.whole.member } else { &self.brief.member }
    }

    pub(crate) fn meta(&self, whole: bool) -> &Members {
        if whole { &self.whole.meta } else { &self.brief.meta }
    }
}

/// An argument that is mirrored into a header (server features, "Tools", `x-mcp-header`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParamHeader {
    /// What follows `Mcp-Param-`.
    pub suffix: String,
    /// Names of the properties that lead to the argument.
    pub path: Vec<String>,
    /// How its value is compared.
    pub kind: ParamKind,
}

impl ParamHeader {
    /// A mirrored argument.
    pub fn new(suffix: impl Into<String>, path: Vec<String>, kind: ParamKind) -> Self {
        Self { suffix: suffix.into(), path, kind }
    }
}

/// Types whose values can be mirrored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParamKind {
    /// Compared as text.
    String,
    /// Compared as a number.
    Integer,
    /// `true` or `false`.
    Boolean,
}
