//! Whether sessions, and what stands beside POST, are for those who may.

use super::super::{
    exchange::Exchange,
    finding::{Finding, Rule},
};

fn served(seen: &Exchange) -> bool {
    seen.reply().is_some_and(|reply| reply.is_good())
}

/// What is the matter with the answer to a session's id without a token.
pub(crate) fn without_token(seen: &Exchange) -> Option<Finding> {
    let why = format!("with its id and no token it was answered with {}", seen.told());
    served(seen).then(|| Finding::new(Rule::SessionUnguarded, seen, why))
}

/// What is the matter with the answer to another's token. Whose session it is, nobody has to learn;
/// only a 401 would be wrong, since it sends a client with a good token to log in again.
pub(crate) fn of_another(seen: &Exchange) -> Option<Finding> {
    let why = format!("somebody else was answered with {}", seen.told());
    let login = || (seen.status() == Some(401)).then_some(Rule::SessionStatus);
    let rule = served(seen).then_some(Rule::SessionTaken).or_else(login)?;
    Some(Finding::new(rule, seen, why))
}

/// What is the matter with the answer to an id that was never given out.
pub(crate) fn unknown(seen: &Exchange) -> Option<Finding> {
    let why = format!("an unknown session was answered with {}", seen.told());
    let wrong = seen.status().is_some_and(|status| status != 404);
    wrong.then(|| Finding::new(Rule::SessionStatus, seen, why))
}

/// What is the matter with the answer to another method than POST, without a token.
pub(crate) fn method(seen: &Exchange) -> Option<Finding> {
    let rule = match seen.ask.method {
        "DELETE" => Rule::DeleteUnguarded,
        _ => Rule::StreamUnguarded,
    };
    let why = format!("without a token it was answered with {}", seen.told());
    served(seen).then(|| Finding::new(rule, seen, why))
}

/// What is the matter with the answer under another spelling of the path, without a token.
pub(crate) fn slash(seen: &Exchange) -> Option<Finding> {
    let rule = match seen.status()? {
        200..=299 => Rule::SlashOpen,
        300..=399 => Rule::SlashRedirect,
        _ => return None,
    };
    Some(Finding::new(rule, seen, format!("it was answered with {}", seen.told())))
}
