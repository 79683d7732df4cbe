//! What may be meant by an argument while somebody types it.

use std::{
    collections::{BTreeMap, btree_map},
    fmt,
    future::Future,
    sync::Arc,
};

use toolgate_core::{BoxFuture, Context, protocol::completion::Completion};

use crate::failure::Result;

pub(crate) mod call;

/// An argument as far as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Typed {
    /// The argument's name.
    pub argument: String,
    /// What was typed.
    pub value: String,
    /// Arguments that were given before, by name.
    pub known: BTreeMap<String, String>,
}

impl Typed {
    /// Those of the candidates that begin with what was typed, in any case.
    pub fn among<T: AsRef<str>>(&self, candidates: impl IntoIterator<Item = T>) -> Vec<String> {
        let typed = self.value.to_lowercase();
        let begins = |candidate: &T| candidate.as_ref().to_lowercase().starts_with(&typed);
        let found = candidates.into_iter().filter(begins);
        found.map(|candidate| candidate.as_ref().to_owned()).collect()
    }
}

type Completer =
    Arc<dyn Fn(Typed, Context) -> BoxFuture<'static, Result<Completion>> + Send + Sync>;

/// Functions of authors, by argument.
#[derive(Clone, Default)]
pub struct Completers {
    by_argument: BTreeMap<String, Completer>,
    twice: Option<String>,
}

impl Completers {
    pub(crate) fn add<F, R, V>(&mut self, argument: String, complete: F)
    where
        F: Fn(Typed, Context) -> R + Send + Sync + 'static,
        R: Future<Output = Result<V>> + Send + 'static,
        V: IntoIterator<Item = String>,
    {
        let completer: Completer = Arc::new(move |typed, cx| {
            let values = complete(typed, cx);
            Box::pin(async move { values.await.map(Completion::of) })
        });
        match self.by_argument.entry(argument) {
            btree_map::Entry::Vacant(free) => {
                free.insert(completer);
            }
            btree_map::Entry::Occupied(taken) => self.twice = Some(taken.key().clone()),
        }
    }
}

impl fmt::Debug for Completers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.by_argument.keys()).finish()
    }
}

/// How the arguments of one item are completed.
#[derive(Default)]
pub(crate) struct Completions(BTreeMap<String, Source>);

/// Where the values of an argument come from.
#[derive(Clone)]
pub(crate) enum Source {
    Nothing,
    Choices(Arc<[String]>),
    Author(Completer),
}

impl Completions {
    /// How arguments are completed, each with the values that it may have where these are known.
    ///
    /// # Errors
    /// When a function completes what is no argument, or an argument has two.
    pub(crate) fn new(
        arguments: impl IntoIterator<Item = (String, Vec<String>)>,
        completers: Completers,
    ) -> Result<Self, String> {
        let Completers { mut by_argument, twice } = completers;
        if let Some(argument) = twice {
            return Err(format!("`{argument}` is completed by two functions"));
        }
        let source = |(argument, choices): (String, Vec<String>)| {
            let source = match by_argument.remove(&argument) {
                Some(author) => Source::Author(author),
                None if choices.is_empty() => Source::Nothing,
                None => Source::Choices(choices.into()),
            };
            (argument, source)
        };
        let sources = arguments.into_iter().map(source).collect();
        match by_argument.into_keys().next() {
            Some(stranger) => Err(format!("`{stranger}` is completed, and is no argument")),
            None => Ok(Self(sources)),
        }
    }

    /// Whether there is anything to complete.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.values().all(|source| matches!(source, Source::Nothing))
    }

    fn find(&self, argument: &str) -> Option<&Source> {
        self.0.get(argument)
    }
}
