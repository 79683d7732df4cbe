//! A code for a token, shown by whoever has begun (RFC 6749, section 4.1.3; RFC 7636, section 4.6).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};

use super::{Granted, Redeeming};
use crate::authorization::{refusal::Refusal, state::Code, target};

pub(super) fn redeem(by: &Redeeming<'_>) -> Result<Granted, Refusal> {
    let fields = &by.ask.fields;
    let text = fields.needed("code", "the code is missing")?;
    let code = once(by, text)?;
    let verifier = fields.needed("code_verifier", "code_verifier is missing")?;
    if URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())) != code.challenge {
        return Err(Refusal::grant("code_verifier is not the one that was promised"));
    }
    if fields.one("redirect_uri")? != code.redirect.as_deref() {
        return Err(Refusal::grant("redirect_uri is not the one that was used"));
    }
    if code.basis.key.is_some() && code.basis.key != by.key {
        return Err(Refusal::grant("the code is for another key"));
    }
    let resources = target::within(&code.basis.resources, fields)?;
    let scopes = code.basis.scopes.clone();
    super::logged_in(by, code.basis, resources, scopes)
}

/// A code of this client's, the first time that it comes. A second time somebody else has it, too, and
/// all that came of it ends (RFC 6749, section 4.1.2).
fn once(by: &Redeeming<'_>, text: &str) -> Result<Code, Refusal> {
    let no_good = Refusal::grant("the code is no good");
    let now = by.state.now();
    let mut desk = by.state.desk();
    let code = desk.codes.get_mut(text).filter(|code| code.basis.client == by.client.id);
    let code = code.ok_or(no_good.clone())?;
    if code.used {
        let family = code.basis.family.clone();
        desk.dead.put(family, ());
        return Err(no_good);
    }
    code.used = true;
    let code = code.clone();
    if code.until > now { Ok(code) } else { Err(no_good) }
}
