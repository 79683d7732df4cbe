//! Lists in pages, and the cursors that lead from one to the next.
//!
//! A cursor is sealed, and with it goes what it is for: the kind of the list, and a digest of all that
//! this caller sees of it. So it opens for the same list alone, whichever process of those that share
//! their keys is asked; and whoever would make one up learns as much as of any other text.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use ring::digest::{Context, SHA256};
use toolgate_core::{
    Reply,
    protocol::{Json, Members},
};

use crate::{access::Decision, seal::Sealer};

const PURPOSE: &str = "cursor";

/// Longer than any cursor of ours, in bytes.
const MAX_CURSOR: usize = 128;

/// Names identical bytes across all catalogs of the process.
static NEXT_KEY: AtomicU64 = AtomicU64::new(1);

/// How lists are cut.
#[derive(Debug)]
pub(crate) struct Pager {
    /// Items of a page; at least one.
    size: usize,
    sealer: Arc<Sealer>,
}

/// A list as callers see it who see the same items: serialized once.
#[derive(Debug)]
pub(crate) struct Listed {
    /// At least one.
    pages: Box<[Reply]>,
    digest: [u8; 32],
}

/// Why there is no page: for the log.
#[derive(Debug)]
pub(crate) enum Unlisted {
    /// A failure of ours.
    Failed(String),
    /// The cursor leads nowhere.
    Cursor(&'static str),
    /// It was not decided what the caller may see of it.
    Decided(Decision),
}

impl Listed {
    /// All of it, on one page.
    ///
    /// # Errors
    /// When it refuses to be serialized.
    pub(crate) fn whole(member: &str, texts: &[&Json]) -> Result<Self, Unlisted> {
        let pages = [page(member, texts, None)?].into();
        // Nothing is sealed for it.
        Ok(Self { pages, digest: [0; 32] })
    }

    /// The first page, or the one that a cursor leads to.
    ///
    /// # Errors
    /// When the cursor was not given out for this list.
    pub(crate) fn page(
        &self,
        member: &str,
        pager: Option<&Pager>,
        cursor: Option<&str>,
    ) -> Result<Reply, Unlisted> {
        let at = match (cursor, pager) {
            (None, _) => 0,
            (Some(cursor), Some(pager)) => pager.open(member, &self.digest, cursor)?,
            (Some(_), None) => return Err(Unlisted::Cursor("there are no pages")),
        };
        self.pages.get(at).cloned().ok_or(Unlisted::Cursor("beyond the list"))
    }
}

impl Pager {
    /// Pages of so many items, at least one.
    pub(crate) fn new(size: usize, sealer: Arc<Sealer>) -> Self {
        Self { size: size.max(1), sealer }
    }

    /// A list, cut into pages.
    ///
    /// # Errors
    /// When it cannot be serialized or sealed.
    pub(crate) fn cut(&self, member: &str, texts: &[&Json]) -> Result<Listed, Unlisted> {
        let digest = digest(texts);
        let count = texts.len().div_ceil(self.size).max(1);
        let cut = |at: usize| {
            let rest = texts.get(at * self.size..).unwrap_or_default();
            let shown = rest.get(..self.size).unwrap_or(rest);
            let next = at + 1 < count;
            let next = next.then(|| self.seal(member, &digest, at + 1)).transpose()?;
            page(member, shown, next.as_deref())
        };
        let pages = (0..count).map(cut).collect::<Result<_, _>>()?;
        Ok(Listed { pages, digest })
    }

    fn seal(&self, member: &str, digest: &[u8], at: usize) -> Result<String, Unlisted> {
        let payload = (at as u64).to_le_bytes();
        let size = (self.size as u64).to_le_bytes();
        let sealed = self.sealer.seal(PURPOSE, &[member.as_bytes(), digest, &size], &payload);
        sealed.map_err(|_| Unlisted::Failed("a cursor cannot be sealed".into()))
    }

    fn open(&self, member: &str, digest: &[u8], cursor: &str) -> Result<usize, Unlisted> {
        if cursor.len() > MAX_CURSOR {
            return Err(Unlisted::Cursor("too long"));
        }
        let size = (self.size as u64).to_le_bytes();
        let opened = self.sealer.open(PURPOSE, &[member.as_bytes(), digest, &size], cursor);
        let payload = opened.map_err(|why| Unlisted::Cursor(why.as_str()))?;
        let at = payload.try_into().ok().and_then(|at| u64::from_le_bytes(at).try_into().ok());
        at.ok_or(Unlisted::Cursor("malformed"))
    }
}

fn page(member: &str, texts: &[&Json], next: Option<&str>) -> Result<Reply, Unlisted> {
    let failed = |error: serde_json::Error| Unlisted::Failed(error.to_string());
    let mut fields = Members::array(member, texts.iter().copied()).map_err(failed)?;
    if let Some(next) = next {
        fields = fields.and(&Members::value("nextCursor", &Json::of(next).map_err(failed)?));
    }
    Ok(Reply::new(fields).key(NEXT_KEY.fetch_add(1, Ordering::Relaxed)))
}

/// What is shown and in which order: any other list has another digest, and the same list has the
/// same one in every process.
fn digest(texts: &[&Json]) -> [u8; 32] {
    let mut digest = Context::new(&SHA256);
    for text in texts {
        digest.update(&(text.as_bytes().len() as u64).to_le_bytes());
        digest.update(text.as_bytes());
    }
    let mut bytes = [0; 32];
    bytes.iter_mut().zip(digest.finish().as_ref()).for_each(|(byte, digested)| *byte = *digested);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::SealKey;

    fn pager(size: usize) -> Pager {
        let key = SealKey::new(std::array::from_fn(|at| u8::try_from(at).unwrap())).unwrap();
        Pager::new(size, Arc::new(Sealer::new(vec![key]).unwrap()))
    }

    #[test]
    fn a_cursor_is_of_a_kind_of_list_and_of_a_size_of_pages() {
        let texts = [Json::of(&1).unwrap(), Json::of(&2).unwrap()];
        let texts: Vec<_> = texts.iter().collect();
        let pager = pager(1);
        let tools = pager.cut("tools", &texts).unwrap();
        let cursor = pager.seal("tools", &tools.digest, 1).unwrap();
        assert!(tools.page("tools", Some(&pager), Some(&cursor)).is_ok());
        assert!(tools.page("prompts", Some(&pager), Some(&cursor)).is_err(), "as long, and alike");
        let other = self::pager(2);
        assert!(tools.page("tools", Some(&other), Some(&cursor)).is_err());
        for at in [2, usize::MAX] {
            let beyond = pager.seal("tools", &tools.digest, at).unwrap();
            assert!(tools.page("tools", Some(&pager), Some(&beyond)).is_err());
        }
    }

    #[test]
    fn what_is_too_long_is_not_looked_at() {
        let (pager, long) = (pager(1), "A".repeat(MAX_CURSOR + 1));
        let refused = pager.open("tools", &[0; 32], &long);
        assert!(matches!(refused, Err(Unlisted::Cursor("too long"))));
        let cursor = pager.seal("resourceTemplates", &[0; 32], usize::MAX).unwrap();
        assert!(cursor.len() <= MAX_CURSOR);
    }

    #[test]
    fn other_lists_have_other_digests() {
        let list = |texts: &[&str]| {
            let texts: Vec<_> = texts.iter().map(|text| Json::of(text).unwrap()).collect();
            digest(&texts.iter().collect::<Vec<_>>())
        };
        let lists = [list(&[]), list(&["a"]), list(&["a", "b"]), list(&["b", "a"]), list(&["ab"])];
        for (at, one) in lists.iter().enumerate() {
            assert!(!lists[..at].contains(one), "{at}");
        }
    }
}
