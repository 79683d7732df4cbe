//! What the descriptions of all kinds of items have in common: the builder twins of the attributes
//! that every derive knows, and what is checked of them at registration.

use toolgate_core::{
    Scopes,
    protocol::{ItemMeta, icon::Icon},
};

use crate::{access::Access, ask::AskPolicy, guard::Guard};

/// Writes the common part of a description's builder, but for `guard`: what the compiler says of a
/// wrong one should point to a method, and not into a macro.
macro_rules! described {
    ($spec:ty) => {
        impl $spec {
            /// A name for people.
            #[must_use]
            pub fn title(self, title: impl Into<String>) -> Self {
                Self { title: Some(title.into()), ..self }
            }

            /// What it is or does, for the model.
            #[must_use]
            pub fn description(self, description: impl Into<String>) -> Self {
                Self { description: Some(description.into()), ..self }
            }

            /// One more picture, at an `https:` or a `data:` URI.
            #[must_use]
            pub fn icon(mut self, icon: impl Into<::toolgate_core::protocol::icon::Icon>) -> Self {
                self.icons.push(icon.into());
                self
            }

            /// What an extension says of it, under a key such as `example.com/name`.
            #[must_use]
            pub fn meta(
                mut self,
                key: impl Into<String>,
                value: impl Into<::serde_json::Value>,
            ) -> Self {
                self.meta.insert(key, value);
                self
            }

            /// All of these scopes are needed. Callers who lack one do not see it, and get 403 with
            /// the scopes when they use it.
            #[must_use]
            pub fn scopes(mut self, scopes: impl Into<::toolgate_core::Scopes>) -> Self {
                self.access.scopes = self.access.scopes.union(&scopes.into());
                self
            }

            /// One of these roles is needed. To callers without one it does not exist.
            #[must_use]
            pub fn roles(mut self, roles: impl Into<::toolgate_core::Scopes>) -> Self {
                self.access.roles = self.access.roles.union(&roles.into());
                self
            }

            /// The user needs to have logged in at most this long ago, in whole seconds; otherwise
            /// it is asked for anew, with 401 (RFC 9470). See [`max_age`](fn@crate::max_age).
            #[must_use]
            pub fn max_age(mut self, age: ::std::time::Duration) -> Self {
                $crate::spec::guarded(&mut self.access, $crate::guard::max_age(age));
                self
            }

            /// The user needs to have logged in in one of these ways; otherwise it is asked for anew,
            /// with 401 (RFC 9470). See [`acr`](fn@crate::acr).
            #[must_use]
            pub fn acr<C: Into<Box<str>>>(mut self, classes: impl IntoIterator<Item = C>) -> Self {
                $crate::spec::guarded(&mut self.access, $crate::guard::acr(classes));
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

            /// How long one use may take. After it the work is dropped and the caller told.
            #[must_use]
            pub fn timeout(self, timeout: ::std::time::Duration) -> Self {
                Self { timeout: Some(timeout), ..self }
            }

            /// Answers to what it asks count once: a client that sends them again is refused. Such
            /// a request has to come back to the process that asked, which alone remembers.
            #[must_use]
            pub fn single_use(mut self, once: bool) -> Self {
                self.asking.single_use = once;
                self
            }

            /// Answers count that a client brings before it was asked, by the keys that it knows
            /// of. They are its word as much as any other, but nobody sees to it that they belong
            /// to this request.
            #[must_use]
            pub fn unasked_answers(mut self, count: bool) -> Self {
                self.asking.unasked = count;
                self
            }
        }
    };
}
pub(crate) use described;

/// Writes the builder of what is completed while somebody types it.
macro_rules! completed {
    ($spec:ty) => {
        impl $spec {
            /// What may be meant by an argument while somebody types it.
            #[must_use]
            pub fn complete<F, R, V>(mut self, argument: impl Into<String>, complete: F) -> Self
            where
                F: Fn($crate::completion::Typed, ::toolgate_core::Context) -> R
                    + Send
                    + Sync
                    + 'static,
                R: ::std::future::Future<Output = $crate::failure::Result<V>> + Send + 'static,
                V: IntoIterator<Item = String>,
            {
                self.completers.add(argument.into(), complete);
                self
            }
        }
    };
}
pub(crate) use completed;

/// A guard besides an earlier one: both have to allow.
pub(crate) fn guarded(access: &mut Access, guard: Guard) {
    access.guard = Some(match access.guard.take() {
        Some(earlier) => earlier.and(guard),
        None => guard,
    });
}

/// The common part of a description, to be checked.
pub(crate) struct Common<'a> {
    pub(crate) kind: &'static str,
    pub(crate) name: &'a str,
    pub(crate) icons: &'a [Icon],
    pub(crate) meta: &'a ItemMeta,
    pub(crate) access: &'a Access,
    pub(crate) asking: &'a AskPolicy,
}

impl Common<'_> {
    /// What is wrong with it, a sentence each.
    pub(crate) fn problems(&self) -> Vec<String> {
        let Self { kind, name, .. } = self;
        let mut problems = Vec::new();
        if let Some(icon) = self.icons.iter().find(|icon| !icon.is_loadable()) {
            let src: String = icon.src.chars().take(80).collect();
            problems.push(format!("the icon {src:?} of {kind} `{name}` is no https: or data: URI"));
        }
        if let Err(bad) = self.meta.check() {
            problems.push(format!("{kind} `{name}`: {bad}"));
        }
        if !self.access.scopes.are_valid() || !guard_scopes(self.access).are_valid() {
            problems.push(format!("a scope of {kind} `{name}` is no scope-token of RFC 6749"));
        }
        let guard = self.access.guard.iter().flat_map(Guard::problems);
        problems.extend(guard.map(|problem| format!("{kind} `{name}`: {problem}")));
        if self.asking.single_use && self.asking.unasked {
            problems.push(format!(
                "{kind} `{name}`: `single_use` and `unasked_answers` contradict each other"
            ));
        }
        problems
    }
}

/// The scopes that using an item may need.
pub(crate) fn all_scopes(access: &Access) -> Scopes {
    access.scopes.union(&guard_scopes(access))
}

fn guard_scopes(access: &Access) -> Scopes {
    access.guard.as_ref().map(Guard::scopes).unwrap_or_default()
}
