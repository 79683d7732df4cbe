//! What may happen, drawn at random, and how it reads in a trace.

use std::fmt;

use proptest::{
    prelude::{Just, Strategy, any as anything, prop_oneof},
    sample::select,
};

use super::client::SLOTS;

/// Two people, and one of another issuer who has the first one's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Ann,
    Bob,
    OtherAnn,
}

/// Who a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// Whoever began the session that is named; Ann where none was.
    Owner,
    One(Who),
}

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grant {
    /// All there is.
    Full,
    /// What every request needs, and no more.
    Low,
    /// Less than that.
    None,
}

/// What a request brings to be known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// A new token.
    Fresh(Grant),
    /// A new token for what the last one was good for.
    Refreshed,
    /// The last one again, which may have expired meanwhile.
    Last,
    /// One that has expired just now.
    Expired(Grant),
    Garbage,
    Nothing,
}

/// The session that a request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// The one that was last begun in this slot; an invented one where none was.
    Slot(usize),
    /// The one that began last of all.
    Latest,
    Invented,
    Nothing,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Plain,
    Guarded,
    List,
    /// The old era's alone, as are those below.
    Ping,
    Level,
    /// Both tools in one body.
    Both,
}

/// One step.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// A handshake, in the revision that has batches or in one without.
    Begin { who: Who, sent: Sent, slot: usize, batches: bool },
    /// A request of the old era.
    Ask { by: By, sent: Sent, named: Named, act: Act },
    /// A request of the modern era, whatever session it names.
    Modern { by: By, sent: Sent, named: Named, act: Act },
    /// The end of a session.
    End { by: By, sent: Sent, named: Named },
    /// Time passes, in seconds.
    Wait(u64),
    /// The server starts anew, with the same store or with an empty one.
    Restart { same: bool },
}

/// Any step, the common ones more often.
pub(crate) fn any() -> impl Strategy<Value = Step> {
    let begin = (who(), sent(), 0..SLOTS, anything::<bool>());
    let modern = select(vec![Act::Plain, Act::Guarded, Act::List]);
    prop_oneof![
        6 => begin.prop_map(|(who, sent, slot, batches)| Step::Begin { who, sent, slot, batches }),
        16 => (by(), sent(), named(), act())
            .prop_map(|(by, sent, named, act)| Step::Ask { by, sent, named, act }),
        2 => (by(), sent(), named(), modern)
            .prop_map(|(by, sent, named, act)| Step::Modern { by, sent, named, act }),
        2 => (by(), sent(), named()).prop_map(|(by, sent, named)| Step::End { by, sent, named }),
        1 => select(vec![3, 12, 13, 14, 40]).prop_map(Step::Wait),
        1 => select(vec![true, true, true, false]).prop_map(|same| Step::Restart { same }),
    ]
}

fn by() -> impl Strategy<Value = By> {
    prop_oneof![3 => Just(By::Owner), 2 => who().prop_map(By::One)]
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![4 => Just(Who::Ann), 4 => Just(Who::Bob), 1 => Just(Who::OtherAnn)]
}

fn grant() -> impl Strategy<Value = Grant> {
    prop_oneof![3 => Just(Grant::Full), 3 => Just(Grant::Low), 1 => Just(Grant::None)]
}

fn sent() -> impl Strategy<Value = Sent> {
    prop_oneof![
        8 => grant().prop_map(Sent::Fresh),
        3 => Just(Sent::Refreshed),
        4 => Just(Sent::Last),
        1 => grant().prop_map(Sent::Expired),
        1 => Just(Sent::Garbage),
        1 => Just(Sent::Nothing),
    ]
}

fn named() -> impl Strategy<Value = Named> {
    prop_oneof![
        12 => Just(Named::Latest),
        12 => (0..SLOTS).prop_map(Named::Slot),
        1 => Just(Named::Invented),
        1 => Just(Named::Nothing),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    select(vec![Act::Plain, Act::Guarded, Act::List, Act::Ping, Act::Level, Act::Both])
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin { who, sent, slot, batches } => {
                let batches = if *batches { ", with batches" } else { "" };
                write!(f, "{who:?} ({sent:?}) begins a session in slot {slot}{batches}")
            }
            Self::Ask { by, sent, named, act } => {
                write!(f, "{by} ({sent:?}) asks for {act:?} in {named}")
            }
            Self::Modern { by, sent, named, act } => {
                write!(f, "{by} ({sent:?}) asks for {act:?} in the modern era, naming {named}")
            }
            Self::End { by, sent, named } => write!(f, "{by} ({sent:?}) ends {named}"),
            Self::Wait(seconds) => write!(f, "{seconds} s pass"),
            Self::Restart { same: true } => f.write_str("a restart, with the same store"),
            Self::Restart { same: false } => f.write_str("a restart, with an empty store"),
        }
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner => f.write_str("its owner"),
            Self::One(who) => write!(f, "{who:?}"),
        }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Slot(slot) => write!(f, "the session of slot {slot}"),
            Self::Latest => f.write_str("the latest session"),
            Self::Invented => f.write_str("an invented session"),
            Self::Nothing => f.write_str("no session"),
        }
    }
}
