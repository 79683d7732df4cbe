//! What a server declares about who may do what with all that it has.

use std::{sync::Arc, time::Duration};

use toolgate_core::{Audit, Scopes};

use super::Server;
use crate::policy::Policy;

impl<S: Send + Sync + 'static> Server<S> {
    /// Whoever holds a scope holds these too, and what they contain in turn. So an item that needs
    /// `files:read` is there for a token with `files:write`, and `required_scopes` are met by it.
    ///
    /// A challenge goes on naming the scope that is needed, and the metadata document the scopes that
    /// items name. The caller's [`Identity`](toolgate_core::Identity) is as the token has it; a guard
    /// of yours asks [`Ask::has_scopes`](crate::Ask::has_scopes).
    ///
    /// ```
    /// use toolgate_server::Server;
    ///
    /// let server = Server::new("files", "1.0.0")
    ///     .scope_implies("files:admin", ["files:write"])
    ///     .scope_implies("files:write", ["files:read"])
    ///     .role_implies("owner", ["editor"]);
    /// ```
    #[must_use]
    pub fn scope_implies(
        mut self,
        scope: impl Into<Box<str>>,
        contained: impl Into<Scopes>,
    ) -> Self {
        self.declared.scopes.push((scope.into(), contained.into()));
        self
    }

    /// Whoever has a role has these too, and what they contain in turn; as
    /// [`scope_implies`](Self::scope_implies) says it of scopes.
    #[must_use]
    pub fn role_implies(mut self, role: impl Into<Box<str>>, contained: impl Into<Scopes>) -> Self {
        self.declared.roles.push((role.into(), contained.into()));
        self
    }

    /// Adds a policy over all that the server has, also over what is added later. It is asked about
    /// every list and every use, once the item itself has nothing against it; of several, all have to
    /// allow. With one the server is guarded: somebody has to authenticate.
    #[must_use]
    pub fn policy(mut self, policy: impl Policy) -> Self {
        self.declared.policies.push(Arc::new(policy));
        self
    }

    /// Who is told of every decision: which requests were refused, what was listed for whom, who used
    /// what. Nobody, unless set. [`Traced`](crate::Traced) logs them,
    /// [`Lines`](toolgate_core::audit::Lines) writes them as lines of JSON.
    ///
    /// ```
    /// use toolgate_server::{Server, Traced};
    ///
    /// let server = Server::new("files", "1.0.0").audit(Traced::new());
    /// ```
    #[must_use]
    pub fn audit(mut self, sink: impl Audit) -> Self {
        self.declared.audit = Some(Arc::new(sink));
        self
    }

    /// How long policies may take about one use, or about all of one list; 5 seconds by default. What
    /// is not decided by then is refused, with 503 and `Retry-After`.
    #[must_use]
    pub fn policy_timeout(mut self, within: Duration) -> Self {
        self.declared.within = Some(within);
        self
    }
}
