//! A refresh token for the next one, once (RFC 6749, section 6; RFC 9700, section 4.14.2).

use super::{Granted, Redeeming};
use crate::authorization::{access::words, refusal::Refusal, state::Refresh, target};

pub(super) fn redeem(by: &Redeeming<'_>) -> Result<Granted, Refusal> {
    let fields = &by.ask.fields;
    let text = fields.needed("refresh_token", "refresh_token is missing")?;
    let asked = fields.one("scope")?.map(words);
    let known = by.state.desk().refresh.get(text).map(|known| known.basis.clone());
    let basis = known.filter(|basis| basis.client == by.client.id).ok_or_else(no_good)?;
    // What is wrong with the request does not cost the token.
    if basis.key.is_some() && basis.key != by.key {
        return Err(Refusal::grant("the token is for another key"));
    }
    let resources = target::within(&basis.resources, fields)?;
    let scopes = match asked {
        None => basis.scopes.clone(),
        Some(asked) if asked.iter().all(|scope| basis.scopes.contains(scope)) => asked,
        Some(_) => return Err(Refusal::scope("a scope that was not granted")),
    };
    once(by, text)?;
    super::logged_in(by, basis, resources, scopes)
}

/// The first time that it comes. A second time somebody else has it, too, and the family ends: nobody
/// can tell which of them is the thief.
fn once(by: &Redeeming<'_>, text: &str) -> Result<(), Refusal> {
    let now = by.state.now();
    let mut desk = by.state.desk();
    let Refresh { basis, until, used } = desk.refresh.get_mut(text).ok_or_else(no_good)?;
    let (again, late, family) = (*used, *until <= now, basis.family.clone());
    *used = true;
    if again {
        desk.dead.put(family.clone(), ());
    }
    if late || desk.dead.has(&family) { Err(no_good()) } else { Ok(()) }
}

fn no_good() -> Refusal {
    Refusal::grant("the refresh token is no good")
}
