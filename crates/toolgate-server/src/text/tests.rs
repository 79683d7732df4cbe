//! What texts are read as, and what is said of those that cannot be.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct All {
    text: String,
    small: u8,
    negative: i64,
    wide: u128,
    ratio: f32,
    yes: bool,
    one: char,
    day: Option<Day>,
    id: Id,
    list: Vec<u16>,
    maybe: Option<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Day {
    Today,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
struct Id(u32);

fn read<T: DeserializeOwned>(values: &[(&str, &str)]) -> Result<T, String> {
    let value = |(name, text): &(&str, &str)| TextValue {
        name: (*name).into(),
        text: (*text).into(),
        separator: ',',
    };
    typed(&values.iter().map(value).collect::<Vec<_>>())
}

#[test]
fn texts_become_what_their_fields_are() {
    let all: All = read(&[
        ("text", "a b"),
        ("small", "7"),
        ("negative", "-3"),
        ("wide", "340282366920938463463374607431768211455"),
        ("ratio", "0.5"),
        ("yes", "true"),
        ("one", "\u{e4}"),
        ("day", "today"),
        ("id", "12"),
        ("list", "1,2,3"),
        ("maybe", ""),
        ("unknown", "is nobody's business"),
    ])
    .unwrap();
    let expected = All {
        text: "a b".into(),
        small: 7,
        negative: -3,
        wide: u128::MAX,
        ratio: 0.5,
        yes: true,
        one: '\u{e4}',
        day: Some(Day::Today),
        id: Id(12),
        list: vec![1, 2, 3],
        maybe: None,
    };
    assert_eq!(all, expected);
    assert!(read::<All>(&[("list", "")]).unwrap().list.is_empty());
    let map: BTreeMap<String, String> = read(&[("a", "x")]).unwrap();
    assert_eq!(map["a"], "x");
    read::<()>(&[]).unwrap();
}

#[test]
fn the_field_and_the_expectation_are_named() {
    let rows = [
        ("small", "300", "expected u8"),
        ("small", "x", "expected u8"),
        ("negative", "1.5", "expected i64"),
        ("ratio", "NaN", "expected f32"),
        ("ratio", "inf", "expected f32"),
        ("yes", "1", "expected a boolean"),
        ("one", "ab", "expected a character"),
        ("day", "never", "`today`"),
        ("id", "-1", "expected u32"),
        ("list", "1,x", "expected u16"),
    ];
    for (name, text, words) in rows {
        let problem = read::<All>(&[(name, text)]).unwrap_err();
        assert!(problem.contains(&format!("`{name}`")) && problem.contains(words), "{problem}");
    }
    #[derive(Debug, Deserialize)]
    struct Needs {
        #[expect(dead_code, reason = "only its absence is tested")]
        city: String,
    }
    assert!(read::<Needs>(&[]).unwrap_err().contains("missing field `city`"));
    assert!(read::<All>(&[("small", &"x".repeat(9000))]).unwrap_err().len() <= MAX);
    #[derive(Debug, Deserialize)]
    struct Nested {
        #[expect(dead_code, reason = "a text is no object")]
        inner: Id2,
    }
    #[derive(Debug, Deserialize)]
    struct Id2 {
        #[expect(dead_code, reason = "a text is no object")]
        a: u8,
    }
    assert!(read::<Nested>(&[("inner", "{}")]).unwrap_err().contains("`inner`"));
}

#[test]
fn a_list_is_split_at_what_its_form_puts_between() {
    #[derive(Deserialize)]
    struct Path {
        path: Vec<String>,
    }
    let value = TextValue { name: "path".into(), text: "a/b,c".into(), separator: '/' };
    assert_eq!(typed::<Path>(&[value]).unwrap().path, ["a", "b,c"]);
}
