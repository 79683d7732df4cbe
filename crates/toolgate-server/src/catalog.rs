//! Items of one kind: found by name, listed by what the caller may see.

use std::{
    collections::{HashMap, hash_map},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use toolgate_core::{
    Context, Reply,
    protocol::{Json, Members},
};

use crate::access::{self, Access, Act, Ask, Decision, Item};

/// Something that can be listed, guarded and used.
pub(crate) trait Entry: Send + Sync + 'static {
    /// What it is, for decisions and logs.
    const KIND: &'static str;

    fn name(&self) -> &str;
    fn access(&self) -> &Access;
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
    by_name: HashMap<Arc<str>, usize>,
    guarded: bool,
    lists: RwLock<HashMap<Box<[u64]>, Reply>>,
}

struct Slot<E> {
    entry: Arc<E>,
    /// What is off is not there, until it is on again.
    on: bool,
}

/// Names identical bytes across all catalogs of the process.
static NEXT_KEY: AtomicU64 = AtomicU64::new(1);

impl<E: Entry> Catalog<E> {
    pub(crate) fn new(member: &'static str) -> Self {
        Self {
            member,
            slots: Vec::new(),
            by_name: HashMap::new(),
            guarded: false,
            lists: RwLock::default(),
        }
    }

    /// Adds an item.
    ///
    /// # Errors
    /// When its name is taken.
    pub(crate) fn add(&mut self, entry: E) -> Result<(), String> {
        match self.by_name.entry(entry.name().into()) {
            hash_map::Entry::Occupied(taken) => {
                Err(format!("two items of kind {} are named `{}`", E::KIND, taken.key()))
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

    /// Takes an item away. Whether there was one of that name.
    pub(crate) fn remove(&mut self, name: &str) -> bool {
        let Some(index) = self.by_name.remove(name) else { return false };
        self.slots.remove(index);
        for later in self.by_name.values_mut().filter(|later| **later > index) {
            *later -= 1;
        }
        let guarded = self.iter().any(|entry| entry.access().is_guarded());
        self.guarded = guarded;
        self.changed();
        true
    }

    /// Switches an item on or off. Whether that changed anything.
    pub(crate) fn switch(&mut self, name: &str, on: bool) -> bool {
        let slot = self.by_name.get(name).and_then(|index| self.slots.get_mut(*index));
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

    pub(crate) fn iter(&self) -> impl Iterator<Item = &E> {
        self.slots.iter().map(|slot| &*slot.entry)
    }

    /// An item, whoever asks; what is done with it has to be [decided](Self::decide).
    pub(crate) fn find(&self, name: &str) -> Option<&Arc<E>> {
        let slot = self.slots.get(*self.by_name.get(name)?)?;
        slot.on.then_some(&slot.entry)
    }

    /// Decides about the use of an item.
    pub(crate) async fn decide(
        &self,
        entry: &E,
        arguments: Option<&Json>,
        cx: &Context,
    ) -> Decision {
        let ask = Ask::new(Item::new(E::KIND, entry.name()), Act::Use, cx).arguments(arguments);
        access::decide(entry.access(), &ask).await
    }

    /// The list as this caller may see it. Serialized once per visible set.
    pub(crate) async fn list(&self, cx: &Context) -> Result<Reply, serde_json::Error> {
        let visible = self.visible(cx).await;
        let known = self.lists.read().ok().and_then(|lists| lists.get(&visible).cloned());
        if let Some(reply) = known {
            return Ok(reply);
        }
        let shown = self.iter().enumerate().filter(|(index, _)| is_set(&visible, *index));
        let fields = Members::array(self.member, shown.map(|(_, entry)| entry.text()))?;
        let reply = Reply::new(fields).key(NEXT_KEY.fetch_add(1, Ordering::Relaxed));
        if let Ok(mut lists) = self.lists.write()
            && lists.len() < MAX_LISTS
        {
            lists.insert(visible, reply.clone());
        }
        Ok(reply)
    }

    /// Which items the caller may see, a bit each.
    async fn visible(&self, cx: &Context) -> Box<[u64]> {
        let mut set = vec![0u64; self.slots.len().div_ceil(64)];
        for (index, Slot { entry, on }) in self.slots.iter().enumerate() {
            let access = entry.access();
            let shown = *on
                && (!access.is_guarded() || {
                    let ask = Ask::new(Item::new(E::KIND, entry.name()), Act::List, cx);
                    access::is_listed(access, &access::decide(access, &ask).await)
                });
            if let Some(word) = set.get_mut(index / 64) {
                *word |= u64::from(shown) << (index % 64);
            }
        }
        set.into()
    }
}

impl<E> Clone for Catalog<E> {
    fn clone(&self) -> Self {
        let slots = self.slots.iter().map(|slot| Slot { entry: slot.entry.clone(), on: slot.on });
        Self {
            member: self.member,
            slots: slots.collect(),
            by_name: self.by_name.clone(),
            guarded: self.guarded,
            lists: RwLock::default(),
        }
    }
}

fn is_set(set: &[u64], index: usize) -> bool {
    set.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
}
