//! Which era a message is in. The era is the message's own; a server serves both at once.

use toolgate_protocol::{
    legacy::{INITIALIZE, Revision},
    method,
};

/// An era.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Era {
    /// 2026-07-28 and later: each request stands for itself.
    Modern,
    /// Before: a handshake, and then what both sides remember of it.
    Legacy,
}

/// What tells the era of a message.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "all there is to tell by; made by transports")]
pub struct Signs<'a> {
    /// The method; none for answers and batches.
    pub method: Option<&'a str>,
    /// Whether `_meta` says what only the modern era says there: revision or capabilities.
    pub named: bool,
    /// The revision that the transport's header names, where it has one.
    pub header: Option<&'a str>,
}

/// Tells the era of a message.
///
/// | `_meta` is modern | method | header | era |
/// |---|---|---|---|
/// | yes | any | any | modern |
/// | no | the old handshake | any | legacy |
/// | no | one that only the modern era has | any | modern |
/// | no | any other, or none | absent, or an old revision | legacy |
/// | no | any other, or none | anything else | modern |
///
/// Where the signs say that a client meant the modern era and got it wrong, it is the modern era
/// that tells it so. A revision in the header of a handshake decides nothing: the body does.
pub fn classify(signs: Signs<'_>) -> Era {
    let modern = match (signs.named, signs.method) {
        (true, _) => true,
        (_, Some(INITIALIZE)) => false,
        (_, Some(method::DISCOVER | method::LISTEN)) => true,
        _ => signs.header.is_some_and(|name| Revision::parse(name).is_none()),
    };
    if modern { Era::Modern } else { Era::Legacy }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_combination_of_signs_has_its_era() {
        let (old, new, odd) = (Some("2025-06-18"), Some("2026-07-28"), Some("v999"));
        let rows = [
            (true, Some("tools/list"), None, Era::Modern),
            (true, Some("tools/list"), old, Era::Modern),
            (true, Some("initialize"), None, Era::Modern),
            (false, Some("initialize"), None, Era::Legacy),
            (false, Some("initialize"), new, Era::Legacy),
            (false, Some("initialize"), odd, Era::Legacy),
            (false, Some("server/discover"), None, Era::Modern),
            (false, Some("server/discover"), old, Era::Modern),
            (false, Some("subscriptions/listen"), None, Era::Modern),
            (false, Some("tools/list"), None, Era::Legacy),
            (false, Some("tools/list"), old, Era::Legacy),
            (false, Some("tools/list"), new, Era::Modern),
            (false, Some("tools/list"), odd, Era::Modern),
            (false, Some("tools/list"), Some(""), Era::Modern),
            (false, Some("notifications/initialized"), None, Era::Legacy),
            (false, Some("ping"), None, Era::Legacy),
            (false, None, None, Era::Legacy),
            (false, None, old, Era::Legacy),
            (false, None, new, Era::Modern),
        ];
        for (named, method, header, era) in rows {
            let signs = Signs { method, named, header };
            assert_eq!(classify(signs), era, "{signs:?}");
        }
    }
}
