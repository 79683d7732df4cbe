//! What the fuzz targets of `fuzz/` reach of this crate, and nobody else.

use std::sync::{Arc, LazyLock};

use toolgate_core::{
    Caller, Request,
    protocol::{Json, method},
};

use crate::{
    ask::state::{Bound, State},
    page::{Listed, Pager},
    seal::{SealKey, Sealer},
};

/// The key is a constant, so that a corpus keeps its meaning.
static SEALER: LazyLock<Option<Arc<Sealer>>> = LazyLock::new(|| {
    let secret = std::array::from_fn(|at| u8::try_from(at).unwrap_or_default());
    Sealer::new(vec![SealKey::new(secret).ok()?]).ok().map(Arc::new)
});

/// Whether a text opens as the state of a call with these parameters.
pub fn opens(state: &str, params: &[u8]) -> bool {
    let Ok(params) = Json::from_text(params.to_vec()) else { return false };
    let request = Request::new(method::TOOLS_CALL, params);
    let bound = Bound { caller: &Caller::Open, request: &request, process: None };
    SEALER.as_ref().is_some_and(|sealer| State::open(state, sealer, &bound).is_ok())
}

/// The state of a call with these parameters, to be changed.
pub fn state(params: &[u8]) -> Option<String> {
    let request = Request::new(method::TOOLS_CALL, Json::from_text(params.to_vec()).ok()?);
    let bound = Bound { caller: &Caller::Open, request: &request, process: None };
    let (asked, answers) = (vec!["key".to_owned()], [].into());
    let state = State { id: 7, until: u64::MAX, asked, answers, progress: None };
    state.seal(SEALER.as_ref()?, &bound).ok()
}

/// A list in pages, as one process has it.
#[derive(Debug)]
pub struct List {
    member: String,
    pager: Pager,
    listed: Listed,
}

impl List {
    /// A list of texts, so many on a page.
    pub fn new(member: &str, texts: &[&str], size: usize) -> Option<Self> {
        let texts: Vec<_> =
            texts.iter().map(|text| Json::of(text)).collect::<Result<_, _>>().ok()?;
        let pager = Pager::new(size, SEALER.clone()?);
        let listed = pager.cut(member, &texts.iter().collect::<Vec<_>>()).ok()?;
        Some(Self { member: member.to_owned(), pager, listed })
    }

    /// The members of its first page, or of the one that a cursor leads to.
    pub fn page(&self, cursor: Option<&str>) -> Option<Vec<u8>> {
        let page = self.listed.page(&self.member, Some(&self.pager), cursor).ok()?;
        Some(page.fields.to_object().as_bytes().to_vec())
    }
}
