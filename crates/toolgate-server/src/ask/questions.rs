//! Several questions, added one after the other and asked at once.

use super::{
    question::{Form, Page, Question, Roots, Sample, Sheet},
    sampling::Sampling,
};
use crate::failure::Result;

/// Several questions that go out at once; their answers come back as a tuple, in their order.
///
/// ```
/// # use schemars::JsonSchema;
/// # use serde::Deserialize;
/// # use toolgate_core::Context;
/// use toolgate_server::{Asking, Questions, Result, Sampling};
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Login { name: String }
///
/// async fn run(cx: &Context) -> Result<String> {
///     let questions = Questions::new()
///         .elicit::<Login>("user_name", "Who are you?")
///         .sample("greeting", Sampling::new(50).user("Greet somebody"))
///         .roots("client_roots");
///     let (login, greeting, roots) = cx.ask(questions).await?;
///     let name = login.accepted().map_or_else(|| "stranger".into(), |login| login.name);
///     Ok(format!("{} {name}, with {} roots", greeting.text(), roots.len()))
/// }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Questions<L = ()>(L);

impl Questions {
    /// None yet.
    pub fn new() -> Self {
        Self(())
    }
}

impl<L: Append> Questions<L> {
    /// And a form; see [`Asking::elicit`](super::Asking::elicit).
    #[must_use]
    pub fn elicit<T>(
        self,
        key: impl Into<String>,
        message: impl Into<String>,
    ) -> Questions<L::With<Form<T>>> {
        self.and(Form::new(key, message))
    }

    /// And a page; see [`Asking::elicit_url`](super::Asking::elicit_url).
    #[must_use]
    pub fn elicit_url(
        self,
        key: impl Into<String>,
        message: impl Into<String>,
        url: impl Into<String>,
    ) -> Questions<L::With<Page>> {
        self.and(Page::new(key, message, url))
    }

    /// And a conversation; see [`Asking::sample`](super::Asking::sample).
    #[must_use]
    pub fn sample(
        self,
        key: impl Into<String>,
        sampling: impl Into<Sampling>,
    ) -> Questions<L::With<Sample>> {
        self.and(Sample::new(key, sampling))
    }

    /// And the client's roots; see [`Asking::roots`](super::Asking::roots).
    #[must_use]
    pub fn roots(self, key: impl Into<String>) -> Questions<L::With<Roots>> {
        self.and(Roots::new(key))
    }

    /// And any question: an `Option` of one asks only where there is one.
    #[must_use]
    pub fn and<Q>(self, question: Q) -> Questions<L::With<Q>> {
        Questions(self.0.append(question))
    }
}

impl<L: Question> Question for Questions<L> {
    type Answer = L::Answer;

    fn put(self, sheet: &mut Sheet<'_>) -> Result<Option<Self::Answer>> {
        self.0.put(sheet)
    }
}

/// A tuple that can be made longer by one; up to eight.
pub trait Append {
    /// The longer one.
    type With<Q>;

    /// Adds to its end.
    fn append<Q>(self, question: Q) -> Self::With<Q>;
}

impl Append for () {
    type With<Q> = (Q,);

    fn append<Q>(self, question: Q) -> (Q,) {
        (question,)
    }
}

macro_rules! append {
    ($($($kind:ident $name:ident),+;)*) => {$(
        impl<$($kind),+> Append for ($($kind,)+) {
            type With<Q> = ($($kind,)+ Q,);

            fn append<Q>(self, question: Q) -> Self::With<Q> {
                let ($($name,)+) = self;
                ($($name,)+ question,)
            }
        }
    )*};
}

append! {
    A a;
    A a, B b;
    A a, B b, C c;
    A a, B b, C c, D d;
    A a, B b, C c, D d, E e;
    A a, B b, C c, D d, E e, F f;
    A a, B b, C c, D d, E e, F f, G g;
}
