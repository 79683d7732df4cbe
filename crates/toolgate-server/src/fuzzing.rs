//! What the fuzz targets of `fuzz/` reach of this crate, and nobody else.

use toolgate_core::{
    Caller, Request,
    protocol::{Json, method},
};

use crate::{
    ask::state::{Bound, State},
    seal::{SealKey, Sealer},
};

/// Whether a text opens as the state of a call with these parameters, whoever has sealed it. The
/// key is a constant, so that a corpus keeps its meaning.
pub fn opens(state: &str, params: &[u8]) -> bool {
    let Ok(params) = Json::from_text(params.to_vec()) else { return false };
    let request = Request::new(method::TOOLS_CALL, params);
    let bound = Bound { caller: &Caller::Open, request: &request, process: None };
    sealer().is_some_and(|sealer| State::open(state, &sealer, &bound).is_ok())
}

/// The state of a call with these parameters, to be changed.
pub fn state(params: &[u8]) -> Option<String> {
    let request = Request::new(method::TOOLS_CALL, Json::from_text(params.to_vec()).ok()?);
    let bound = Bound { caller: &Caller::Open, request: &request, process: None };
    let (asked, answers) = (vec!["key".to_owned()], [].into());
    let state = State { id: 7, until: u64::MAX, asked, answers, progress: None };
    state.seal(&sealer()?, &bound).ok()
}

fn sealer() -> Option<Sealer> {
    let secret = std::array::from_fn(|at| u8::try_from(at).unwrap_or_default());
    Sealer::new(vec![SealKey::new(secret).ok()?]).ok()
}
