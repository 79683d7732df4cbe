//! Items of one kind: found by name, listed by what the caller may see.

use std::{
    collections::{HashMap, hash_map},
    sync::{Arc, PoisonError, RwLock},
};

use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use toolgate_core::{Context, Error, Reply, Scopes, protocol::Json};

use crate::{
    access::{self, Access, Act, Ask, Decision, Item},
    audit::Under,
    page::{Listed, Pager, Unlisted},
    rules::{self, Rules},
    spec::all_scopes,
};

/// Something that can be listed, guarded and used.
pub(crate) trait Entry: Send + Sync + 'static {
    /// What it is, for decisions and logs.
    const KIND: &'static str;

    fn name(&self) -> &str;

    /// What it is found by; unique among its kind.
    fn key(&self) -> &str {
        self.name()
    }

    /// What it is, for decisions.
    fn item(&self) -> Item<'_> {
        Item::new(Self::KIND, self.name()).key(self.key())
    }

    fn access(&self) -> &Access;

    /// Whether its scopes stand in the metadata document.
    fn advertised(&self) -> bool;

    /// Its description in the list.
    fn text(&self) -> &Json;
}

/// Lists kept for this many different visible sets; callers with rarer ones wait for theirs.
const MAX_LISTS: usize = 64;

/// Items in the order in which they were added, so that lists are stable. Changed only by making a
/// changed copy, so that a request sees one state of it.
pub(crate) struct Catalog<E> {
    /// The list's member in the result: `tools`.
    member: &'static str,
    slots: Vec<Slot<E>>,
    by_key: HashMap<Arc<str>, usize>,
    guarded: bool,
    lists: RwLock<HashMap<Box<[u64]>, Listed>>,
}

struct Slot<E> {
    entry: Arc<E>,
    /// What is off is not there, until it is on again.
    on: bool,
}

impl<E: Entry> Catalog<E> {
    pub(crate) fn new(member: &'static str) -> Self {
        Self {
            member,
            slots: Vec::new(),
            by_key: HashMap::new(),
            guarded: false,
            lists: RwLock::default(),
        }
    }

    /// Adds an item.
    ///
    /// # Errors
    /// When its key is taken.
    pub(crate) fn add(&mut self, entry: E) -> Result<(), String> {
        match self.by_key.entry(entry.key().into()) {
            hash_map::Entry::Occupied(taken) => {
                Err(format!("two items of kind {} are called `{}`", E::KIND, taken.key()))
            }
            hash_map::Entry::Vacant(free) => {
                free.insert(self.slots.len());
                self.guarded |= entry.access().is_guarded();
                self.slots.push(Slot { entry: Arc::new(entry), on: true });
                self.changed();
                Ok(())
            }
        }
    }

    /// Takes an item away. Whether there was one of that key.
    pub(crate) fn remove(&mut self, key: &str) -> bool {
        let Some(index) = self.by_key.remove(key) else { return false };
        self.slots.remove(index);
        for later in self.by_key.values_mut().filter(|later| **later > index) {
            *later -= 1;
        }
        let guarded = self.iter().any(|entry| entry.access().is_guarded());
        self.guarded = guarded;
        self.changed();
        true
    }

    /// Switches an item on or off. Whether that changed anything.
    pub(crate) fn switch(&mut self, key: &str, on: bool) -> bool {
        let slot = self.by_key.get(key).and_then(|index| self.slots.get_mut(*index));
        let changes = slot.is_some_and(|slot| std::mem::replace(&mut slot.on, on) != on);
        if changes {
            self.changed();
        }
        changes
    }

    /// Forgets lists of what was.
    fn changed(&mut self) {
        self.lists.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub(crate) fn is_guarded(&self) -> bool {
        self.guarded
    }

    /// All items, also those that are off.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &E> {
        self.slots.iter().map(|slot| &*slot.entry)
    }

    /// All items that are there, whoever asks; what is done with them has to be [decided](admit).
    pub(crate) fn available(&self) -> impl Iterator<Item = &Arc<E>> {
        self.slots.iter().filter(|slot| slot.on).map(|slot| &slot.entry)
    }

    /// An item, whoever asks; what is done with it has to be [decided](admit).
    pub(crate) fn find(&self, key: &str) -> Option<&Arc<E>> {
        let slot = self.slots.get(*self.by_key.get(key)?)?;
        slot.on.then_some(&slot.entry)
    }

    /// The scopes that its items name in the metadata document.
    pub(crate) fn advertised_scopes(&self) -> Scopes {
        let advertised = self.iter().filter(|entry| entry.advertised());
        advertised.fold(Scopes::none(), |all, entry| all.union(&all_scopes(entry.access())))
    }

    /// The list as this caller may see it, or the page of it that a cursor leads to. Serialized once
    /// per visible set.
    ///
    /// # Errors
    /// When it cannot be serialized or decided, or the cursor leads nowhere.
    pub(crate) async fn list(
        &self,
        pager: Option<&Pager>,
        cursor: Option<&str>,
        under: Under<'_>,
        cx: &Context,
    ) -> Result<Reply, Unlisted> {
        let told = under.begin();
        let visible = self.visible(under.rules, cx).await;
        if let Some(told) = told {
            let count = |set: &[u64]| set.iter().map(|word| word.count_ones() as usize).sum();
            told.listed(cx, visible.as_ref().map(|set| (count(set), self.iter().count())));
        }
        let visible = visible.map_err(Unlisted::Decided)?;
        let page = |listed: &Listed| listed.page(self.member, pager, cursor);
        if let Some(page) = self.lists.read().ok().and_then(|lists| lists.get(&visible).map(page)) {
            return page;
        }
        let shown = self.iter().enumerate().filter(|(index, _)| is_set(&visible, *index));
        let texts: Vec<_> = shown.map(|(_, entry)| entry.text()).collect();
        let listed = match pager {
            Some(pager) => pager.cut(self.member, &texts),
            None => Listed::whole(self.member, &texts),
        }?;
        let page = page(&listed);
        if let Ok(mut lists) = self.lists.write()
            && lists.len() < MAX_LISTS
        {
            lists.insert(visible, listed);
        }
        page
    }

    /// Which items the caller may see, a bit each.
    ///
    /// # Errors
    /// When it cannot be decided about one: a list that lacks it would be taken for the whole.
    async fn visible(&self, rules: &Rules, cx: &Context) -> Result<Box<[u64]>, Decision> {
        let mut set = vec![0u64; self.slots.len().div_ceil(64)];
        let mut show = |index: usize| {
            if let Some(word) = set.get_mut(index / 64) {
                *word |= 1 << (index % 64);
            }
        };
        if rules.has_policies() {
            // Policies may wait for others, and a list has no longer for it than one use has.
            let questions = self.slots.iter().map(|slot| slot.is_shown(rules, cx).boxed());
            let questions: Vec<_> = questions.collect();
            let shown = stream::iter(questions).buffered(rules::AT_A_TIME).try_collect::<Vec<_>>();
            let shown = rules.all_of(self.member, shown).await;
            let shown = shown?.into_iter().enumerate();
            shown.filter(|(_, shown)| *shown).for_each(|(index, _)| show(index));
            return Ok(set.into());
        }
        for (index, slot) in self.slots.iter().enumerate() {
            if slot.is_shown(rules, cx).await? {
                show(index);
            }
        }
        Ok(set.into())
    }
}

impl<E: Entry> Slot<E> {
    /// Whether the caller may see it.
    ///
    /// # Errors
    /// The decision that is none.
    async fn is_shown(&self, rules: &Rules, cx: &Context) -> Result<bool, Decision> {
        let access = self.entry.access();
        if !self.on {
            return Ok(false);
        }
        if !access.is_guarded() && !rules.has_policies() {
            return Ok(true);
        }
        let ask = Ask::new(self.entry.item(), Act::List, cx).under(rules);
        match access::decide(access, &ask).await {
            undecided @ Decision::Undecided { .. } => Err(undecided),
            decision => Ok(access::is_listed(access, &decision)),
        }
    }
}

impl<E> Clone for Catalog<E> {
    fn clone(&self) -> Self {
        let slots = self.slots.iter().map(|slot| Slot { entry: slot.entry.clone(), on: slot.on });
        Self {
            member: self.member,
            slots: slots.collect(),
            by_key: self.by_key.clone(),
            guarded: self.guarded,
            lists: RwLock::default(),
        }
    }
}

/// Decides about the use of an item; a hidden one is an unknown one.
///
/// # Errors
/// The refusal.
pub(crate) async fn admit<E: Entry>(
    entry: &E,
    arguments: Option<&Json>,
    under: Under<'_>,
    cx: &Context,
    unknown: impl FnOnce() -> Error,
) -> Result<(), Error> {
    let ask = Ask::new(entry.item(), Act::Use, cx).arguments(arguments).under(under.rules);
    let told = under.begin();
    let decision = access::decide(entry.access(), &ask).await;
    if let Some(told) = told {
        told.used(&ask, &decision);
    }
    access::refusal(decision, unknown).map_or(Ok(()), Err)
}

fn is_set(set: &[u64], index: usize) -> bool {
    set.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
}
