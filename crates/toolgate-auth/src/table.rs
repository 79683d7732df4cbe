//! The table of wrong tokens and wrong proofs. A row is refused by exactly the rule that it names: it
//! passes when that rule alone is left out, and with any other left out it does not.

use std::{collections::HashSet, fmt::Debug, fs};

/// What is wrong, and the rule that refuses it.
pub(crate) type Row<R, D> = (&'static str, R, fn(&mut D));

/// A row that was held to what it says.
pub(crate) struct Held {
    family: &'static str,
    wrong: &'static str,
    rule: String,
}

/// Rows that change something good in one way each, and the rules that they are judged by.
pub(crate) struct Family<R: 'static, D: 'static> {
    pub(crate) name: &'static str,
    /// All that have an off.
    pub(crate) rules: &'static [R],
    pub(crate) rows: &'static [Row<R, D>],
    /// What is good, and passes whatever rule is left out.
    pub(crate) good: fn() -> D,
    /// The rule that refuses, with one left out or none.
    pub(crate) judge: fn(&D, Option<R>) -> Result<(), R>,
    /// Which rule a broken one shows as, where that is another.
    pub(crate) shows: fn(R) -> R,
}

impl<R: Copy + PartialEq + Debug, D> Family<R, D> {
    /// Holds every row to what it says.
    pub(crate) fn held(&self) -> Vec<Held> {
        let good = (self.good)();
        for off in std::iter::once(None).chain(self.rules.iter().copied().map(Some)) {
            assert_eq!((self.judge)(&good, off), Ok(()), "{}: the good one", self.name);
        }
        for rule in self.rules {
            assert!(self.rows.iter().any(|(_, broken, _)| broken == rule), "{rule:?} has no row");
        }
        self.rows.iter().map(|row| self.row(row)).collect()
    }

    fn row(&self, (wrong, broken, change): &Row<R, D>) -> Held {
        let mut draft = (self.good)();
        change(&mut draft);
        let shown = (self.shows)(*broken);
        assert_eq!((self.judge)(&draft, None), Err(shown), "{}: {wrong}", self.name);
        for rule in self.rules {
            let passes = (self.judge)(&draft, Some(*rule)).is_ok();
            assert_eq!(passes, rule == broken, "{}: {wrong}, without {rule:?}", self.name);
        }
        Held { family: self.name, wrong, rule: format!("{broken:?}") }
    }
}

/// All families. What leaves nothing to judge, such as rubbish, is in no row: no rule alone refuses it.
fn table() -> Vec<Held> {
    let families = [
        crate::jwt::tests::rows::TABLE.held(),
        crate::introspection::tests::rows::TABLE.held(),
        crate::dpop::tests::TABLE.held(),
        crate::bound::tests::certificates::TABLE.held(),
    ];
    families.into_iter().flatten().collect()
}

#[test]
fn each_row_is_refused_by_exactly_the_rule_it_names_and_the_page_has_it() {
    let table = table();
    let distinct: HashSet<_> = table.iter().map(|row| (row.family, row.wrong)).collect();
    assert_eq!(distinct.len(), table.len(), "no row is there twice");
    assert!(table.len() >= 130, "{} rows", table.len());
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/TOKENS.md");
    let mut text = format!(
        "{INTRODUCTION}\nRows: {}.\n\n| of | what is wrong | rule |\n|---|---|---|\n",
        table.len()
    );
    for Held { family, wrong, rule } in &table {
        text += &format!("| {family} | {wrong} | `{rule}` |\n");
    }
    if std::env::var_os("BLESS").is_some() {
        fs::write(page, &text).unwrap();
    }
    assert_eq!(fs::read_to_string(page).unwrap(), text, "BLESS=1 writes it anew");
}

const INTRODUCTION: &str = "\
# Wrong tokens, and what refuses each

Each row is one change to a token, an answer or a proof that is good. It is refused by the rule that it
names, and by no other: a test leaves out one rule at a time, and the row passes with that rule left out
and with no other. The rules are in `crates/toolgate-auth/src/rules.rs` and
`crates/toolgate-auth/src/dpop/rules.rs`.
";
