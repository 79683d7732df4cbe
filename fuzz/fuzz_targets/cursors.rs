//! A cursor leads through the list that it was given out for, and nothing else leads anywhere.
//!
//! An input is a text that is no cursor, what is done to one (pairs of a place and bits to turn), the
//! sizes of two pages, and the items of two lists with an empty line between; a line each.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use toolgate_server::fuzzing::List;

/// Items of a list: as many as it takes, and each costs time.
const MOST: usize = 12;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    let mut lines = text.splitn(4, '\n').map(str::to_owned);
    let mut line = || lines.next().unwrap_or_default();
    let (stranger, edits, sizes, items) = (line(), line(), line(), line());
    let size = |at: usize| usize::from(sizes.as_bytes().get(at).map_or(1, |size| size % 8));
    let mut lists = items.split("\n\n").map(|list| list.lines().take(MOST).collect::<Vec<_>>());
    let mut list = || lists.next().unwrap_or_default();
    let (ours, theirs) = (Told::new("tools", list(), size(0)), Told::new("tools", list(), size(1)));
    let cursors = ours.walk();
    assert_eq!(ours.list.page(Some(&stranger)), None, "nobody gave it out");
    let alike = ours.items == theirs.items && ours.size == theirs.size;
    let prompts = Told::new("prompts", ours.items.clone(), ours.size);
    for cursor in &cursors {
        assert_eq!(theirs.list.page(Some(cursor)).is_some(), alike, "of one list alone");
        assert_eq!(prompts.list.page(Some(cursor)), None, "of one kind alone");
        let changed = changed(cursor, edits.as_bytes());
        assert_eq!(ours.list.page(Some(&changed)).is_some(), changed == *cursor);
    }
});

struct Told<'a> {
    member: &'static str,
    items: Vec<&'a str>,
    size: usize,
    list: List,
}

impl<'a> Told<'a> {
    fn new(member: &'static str, items: Vec<&'a str>, size: usize) -> Self {
        let size = size.max(1);
        let list = List::new(member, &items, size).expect("texts are a list");
        Self { member, items, size, list }
    }

    /// Goes through all pages, which make up the list, and gives the cursors.
    fn walk(&self) -> Vec<String> {
        let (mut cursors, mut items): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        loop {
            let page = self.list.page(cursors.last().map(String::as_str)).expect("it leads on");
            let page: Value = serde_json::from_slice(&page).expect("JSON");
            let shown = page[self.member].as_array().expect("a list");
            assert!(shown.len() <= self.size);
            items.extend(shown.iter().map(|item| item.as_str().expect("a text").to_owned()));
            match page.get("nextCursor") {
                Some(_) if shown.len() < self.size => panic!("a page that is not full, and more"),
                Some(next) => cursors.push(next.as_str().expect("a text").to_owned()),
                None => break,
            }
        }
        assert_eq!(items, self.items);
        cursors
    }
}

/// The cursor with some bits turned; what is no text then is left as it is.
fn changed(cursor: &str, edits: &[u8]) -> String {
    let mut bytes = cursor.as_bytes().to_vec();
    for [at, bits] in edits.as_chunks::<2>().0 {
        let at = usize::from(*at) % (bytes.len() + 1);
        match bytes.get_mut(at) {
            Some(byte) => *byte ^= bits & 0x7f,
            None => bytes.push(bits & 0x7f),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| cursor.to_owned())
}
