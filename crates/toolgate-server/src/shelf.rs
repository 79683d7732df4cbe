//! What a server has, at one moment: requests work with one state of it from beginning to end.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use toolgate_core::{
    Card, PrincipalType, Reply, Scopes, StartError,
    bus::Change,
    protocol::{
        discover::{Discovered, Implementation},
        version,
    },
};

use crate::{
    catalog::Entry,
    items::{Has, Items},
    listen::teller::Teller,
    rules::Rules,
};

/// All items, and what the server says of itself because of them.
#[derive(Clone)]
pub(crate) struct Shelf {
    pub(crate) items: Items,
    pub(crate) rules: Arc<Rules>,
    pub(crate) card: Arc<Card>,
    pub(crate) discovered: Reply,
    /// What clients were told is there; from then on it is, be it empty.
    pub(crate) has: Has,
}

/// What a server says of itself whatever its items.
pub(crate) struct Facts {
    pub(crate) about: Implementation,
    pub(crate) instructions: Option<String>,
    pub(crate) required: Scopes,
    pub(crate) rules: Arc<Rules>,
    pub(crate) open: bool,
    pub(crate) principals: Vec<PrincipalType>,
}

/// The shelf as it is now, and who is told when it changes.
pub(crate) struct Stock {
    now: RwLock<Arc<Shelf>>,
    /// Set when serving begins; before that nobody is told anything.
    facts: OnceLock<Facts>,
    /// Set where the items may change while serving.
    live: OnceLock<()>,
    changing: Mutex<()>,
    pub(crate) teller: Teller,
}

impl Stock {
    pub(crate) fn new(about: &Implementation) -> Self {
        let shelf = Shelf {
            items: Items::new(),
            rules: Arc::default(),
            card: Arc::new(Card::new(about.clone())),
            discovered: Reply::empty(),
            has: Has::default(),
        };
        Self {
            now: RwLock::new(Arc::new(shelf)),
            facts: OnceLock::new(),
            live: OnceLock::new(),
            changing: Mutex::default(),
            teller: Teller::default(),
        }
    }

    pub(crate) fn shelf(&self) -> Arc<Shelf> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says that items may change while serving, so that clients may watch.
    pub(crate) fn enliven(&self) {
        // Twice is as good as once.
        let _ = self.live.set(());
    }

    pub(crate) fn is_live(&self) -> bool {
        self.live.get().is_some()
    }

    /// Begins to serve.
    ///
    /// # Errors
    /// When the server cannot be described.
    pub(crate) fn open(&self, facts: Facts) -> Result<(), StartError> {
        let facts = self.facts.get_or_init(|| facts);
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut shelf = Shelf::clone(&self.shelf());
        shelf.rules = facts.rules.clone();
        self.describe(&mut shelf, facts).map_err(StartError::new)?;
        self.put(shelf);
        Ok(())
    }

    /// Makes a change that clients see, and tells those who watch.
    ///
    /// # Errors
    /// What was wrong with it; then nothing has changed.
    pub(crate) fn change<T>(
        &self,
        what: Change,
        make: impl FnOnce(&mut Shelf) -> Result<T, Vec<String>>,
    ) -> Result<T, Vec<String>> {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(facts) = self.facts.get() else {
            // Nobody is served yet, so most often there is no copy to be made.
            let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
            return make(Arc::make_mut(&mut now));
        };
        let mut shelf = Shelf::clone(&self.shelf());
        let made = make(&mut shelf)?;
        self.describe(&mut shelf, facts).map_err(|problem| vec![problem])?;
        self.put(shelf);
        self.teller.tell(what);
        Ok(made)
    }

    fn put(&self, shelf: Shelf) {
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(shelf);
    }

    fn describe(&self, shelf: &mut Shelf, facts: &Facts) -> Result<(), String> {
        shelf.has = shelf.has.or(shelf.items.has());
        let capabilities = shelf.has.capabilities(self.is_live());
        let mut discovered = Discovered::new(version::SUPPORTED, capabilities);
        discovered.instructions = facts.instructions.clone();
        let problem = |error| format!("the server cannot be described: {error}");
        shelf.discovered = Reply::of(&discovered).map_err(problem)?;
        let mut card = card(shelf, facts);
        card.version = shelf.card.version + 1;
        shelf.card = Arc::new(card);
        Ok(())
    }
}

fn card(shelf: &Shelf, facts: &Facts) -> Card {
    let mut card = Card::new(facts.about.clone());
    card.required = facts.required.clone();
    card.hierarchy = facts.rules.scopes.clone();
    let policies = facts.rules.has_policies();
    card.guarded = policies || shelf.items.is_guarded() || !facts.required.is_empty();
    card.open = facts.open;
    card.principals = facts.principals.clone();
    card.scopes = shelf.items.advertised_scopes().union(&facts.rules.policy_scopes());
    for tool in shelf.items.tools.iter().filter(|tool| !tool.headers.is_empty()) {
        card = card.param_header(tool.name(), tool.headers.clone());
    }
    card
}
