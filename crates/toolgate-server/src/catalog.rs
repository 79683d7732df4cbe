//! Items of one kind: found by name, listed by what the caller may see.

use std::{
    collections::{HashMap, hash_map},
    sync::{
        Arc, RwLock,
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

/// Items in the order in which they were added, so that lists are stable.
pub(crate) struct Catalog<E> {
    /// The list's member in the result: `tools`.
    member: &'static str,
    entries: Vec<Arc<E>>,
    by_name: HashMap<String, usize>,
    guarded: bool,
    lists: RwLock<HashMap<Box<[u64]>, Reply>>,
}

/// Names identical bytes across all catalogs of the process.
static NEXT_KEY: AtomicU64 = AtomicU64::new(1);

impl<E: Entry> Catalog<E> {
    pub(crate) fn new(member: &'static str) -> Self {
        Self {
            member,
            entries: Vec::new(),
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
        match self.by_name.entry(entry.name().to_owned()) {
            hash_map::Entry::Occupied(taken) => {
                Err(format!("two items of kind {} are named `{}`", E::KIND, taken.key()))
            }
            hash_map::Entry::Vacant(free) => {
                free.insert(self.entries.len());
                self.guarded |= entry.access().is_guarded();
                self.entries.push(Arc::new(entry));
                Ok(())
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn is_guarded(&self) -> bool {
        self.guarded
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &E> {
        self.entries.iter().map(|entry| &**entry)
    }

    /// An item, whoever asks; what is done with it has to be [decided](Self::decide).
    pub(crate) fn find(&self, name: &str) -> Option<&Arc<E>> {
        self.entries.get(*self.by_name.get(name)?)
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
        let shown = self.entries.iter().enumerate().filter(|(index, _)| is_set(&visible, *index));
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
        let mut set = vec![0u64; self.entries.len().div_ceil(64)];
        for (index, entry) in self.entries.iter().enumerate() {
            let access = entry.access();
            let shown = !access.is_guarded() || {
                let ask = Ask::new(Item::new(E::KIND, entry.name()), Act::List, cx);
                access::is_listed(access, &access::decide(access, &ask).await)
            };
            if let Some(word) = set.get_mut(index / 64) {
                *word |= u64::from(shown) << (index % 64);
            }
        }
        set.into()
    }
}

fn is_set(set: &[u64], index: usize) -> bool {
    set.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
}
