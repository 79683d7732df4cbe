//! Builders that write down what was called.

use std::{fmt::Debug, time::Duration};

macro_rules! builder {
    ($spec:ident; $($switch:ident),*) => {
        /// Writes down the builder calls.
        #[derive(Debug, Default, PartialEq)]
        pub struct $spec {
            pub(crate) new: String,
            pub(crate) calls: Vec<String>,
        }

        impl $spec {
            pub(crate) fn new(new: impl Into<String>) -> Self {
                Self { new: new.into(), calls: Vec::new() }
            }

            fn call(mut self, method: &str, argument: &dyn Debug) -> Self {
                self.calls.push(format!("{method}({argument:?})"));
                self
            }

            $(pub(crate) fn $switch(self, on: bool) -> Self {
                self.call(stringify!($switch), &on)
            })*

            pub(crate) fn description(self, text: impl Into<String>) -> Self {
                self.call("description", &text.into())
            }

            pub(crate) fn title(self, text: impl Into<String>) -> Self {
                self.call("title", &text.into())
            }

            pub(crate) fn scopes<S: Into<String>>(self, all: impl IntoIterator<Item = S>) -> Self {
                self.call("scopes", &all.into_iter().map(Into::into).collect::<Vec<String>>())
            }

            pub(crate) fn roles<S: Into<String>>(self, any: impl IntoIterator<Item = S>) -> Self {
                self.call("roles", &any.into_iter().map(Into::into).collect::<Vec<String>>())
            }

            pub(crate) fn guard(self, guard: impl Fn() -> bool) -> Self {
                self.call("guard", &guard())
            }

            pub(crate) fn timeout(self, timeout: Duration) -> Self {
                self.call("timeout", &timeout)
            }

            pub(crate) fn icon(self, icon: impl Into<String>) -> Self {
                self.call("icon", &icon.into())
            }
        }
    };
}

builder!(ToolSpec; read_only, destructive, idempotent, open_world, recursive, listed, advertised, single_use, unasked_answers);
builder!(ResourceSpec; listed, advertised, single_use, unasked_answers);
builder!(PromptSpec; listed, advertised, single_use, unasked_answers);

impl ResourceSpec {
    pub(crate) fn name(self, text: impl Into<String>) -> Self {
        self.call("name", &text.into())
    }

    pub(crate) fn mime_type(self, text: impl Into<String>) -> Self {
        self.call("mime_type", &text.into())
    }

    pub(crate) fn size(self, bytes: u64) -> Self {
        self.call("size", &bytes)
    }

    pub(crate) fn complete(self, name: &str, with: impl Fn(&str) -> Vec<String>) -> Self {
        self.call("complete", &(name, with("a")))
    }
}

impl PromptSpec {
    pub(crate) fn complete(self, name: &str, with: impl Fn(&str) -> Vec<String>) -> Self {
        self.call("complete", &(name, with("a")))
    }
}
