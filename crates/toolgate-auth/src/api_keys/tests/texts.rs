//! Keys as text: what is read, what is refused, and what is said of it.

use serde_json::{Value, json};

use super::kit::{at, issued};
use crate::ApiKey;

/// Something that must not be repeated, wherever it was put by mistake.
const SECRET: &str = "tg_reports_Zk3v0Wn2c5YpQ8rT1uXaBdEfGhIjKlMnOpQrStUvWxY";

fn good() -> Value {
    json!({
        "prefix": "tg_reports", "sha256": "0a".repeat(32), "subject": "ann", "client": "desk",
        "scopes": ["a", "b"], "roles": ["night watch"], "expires": 1_800_000_000,
    })
}

fn problem(text: &str) -> String {
    let error = ApiKey::read(text).unwrap_err().to_string();
    assert!(!error.contains(SECRET) && !error.contains(&SECRET[11..]), "{error}");
    error
}

#[test]
fn what_is_written_is_read() {
    let full = issued("tg_reports").1.client("desk").scopes(["b", "a"]).roles(["night watch"]);
    let full = full.expires(at(1_800_000_000));
    let bare = issued("tg_bare").1;
    let read = ApiKey::read(&format!("[{}, {}]", full.to_json(), bare.to_json())).unwrap();
    for (one, other) in [full, bare].iter().zip(&read) {
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
        assert_eq!(one.sha256(), other.sha256());
    }
    assert_eq!(read.len(), 2);
    assert_eq!(read[0].to_json().parse::<Value>().unwrap()["expires"], 1_800_000_000);
}

#[test]
fn an_end_is_never_written_later_than_it_is() {
    let key = issued("tg_reports").1;
    for (end, expected) in [
        (at(5) + std::time::Duration::from_millis(999), 5),
        (at(0) - std::time::Duration::from_secs(5), 0),
    ] {
        let text = key.clone().expires(end).to_json();
        assert_eq!(text.parse::<Value>().unwrap()["expires"], expected);
    }
}

#[test]
fn members_that_may_be_left_out_can_be() {
    let mut key = good();
    for name in ["client", "scopes", "roles", "expires"] {
        key.as_object_mut().unwrap().remove(name);
    }
    let keys = ApiKey::read(&json!([key]).to_string()).unwrap();
    let key = &keys[0];
    assert!(key.client.is_none() && key.expires.is_none());
    assert!(key.scopes.is_empty() && key.roles.is_empty());
    assert!(ApiKey::read("[]").unwrap().is_empty());
}

type Row = (&'static str, fn(&mut Value), &'static str);

const ROWS: &[Row] = &[
    ("no prefix", |key| drop(key.as_object_mut().unwrap().remove("prefix")), "`prefix`"),
    ("no hash", |key| drop(key.as_object_mut().unwrap().remove("sha256")), "`sha256`"),
    ("no subject", |key| drop(key.as_object_mut().unwrap().remove("subject")), "`subject`"),
    ("a key for a hash", |key| key["sha256"] = SECRET.into(), "64 hexadecimal digits"),
    ("a short hash", |key| key["sha256"] = "0a".repeat(31).into(), "64 hexadecimal digits"),
    ("a long hash", |key| key["sha256"] = "0a".repeat(33).into(), "64 hexadecimal digits"),
    ("an odd hash", |key| key["sha256"] = "0".repeat(65).into(), "64 hexadecimal digits"),
    ("no hexadecimal", |key| key["sha256"] = "0g".repeat(32).into(), "64 hexadecimal digits"),
    ("a signed hash", |key| key["sha256"] = "+a".repeat(32).into(), "64 hexadecimal digits"),
    ("a member that is a key", |key| key[SECRET] = 1.into(), "a member is not known"),
    ("a slip", |key| key["expiry"] = 1.into(), "a member is not known"),
    ("no end", |key| key["expires"] = Value::Null, "wrong kind"),
    ("an end in words", |key| key["expires"] = SECRET.into(), "wrong kind"),
    ("a negative end", |key| key["expires"] = (-1).into(), "wrong kind"),
    ("a broken end", |key| key["expires"] = 1.5.into(), "wrong kind"),
    ("milliseconds", |key| key["expires"] = 1_800_000_000_000_u64.into(), "not milliseconds"),
    ("the last end", |key| key["expires"] = u64::MAX.into(), "not milliseconds"),
    ("no client", |key| key["client"] = Value::Null, "wrong kind"),
    ("scopes in one", |key| key["scopes"] = SECRET.into(), "wrong kind"),
    ("no scopes", |key| key["scopes"] = Value::Null, "wrong kind"),
    ("a scope that is none", |key| key["scopes"] = json!([1]), "wrong kind"),
    ("a text", |key| *key = SECRET.into(), "wrong kind"),
];

#[test]
fn what_is_wrong_is_told_and_nothing_is_repeated() {
    for (name, spoil, expected) in ROWS {
        let mut key = good();
        spoil(&mut key);
        let problem = problem(&json!([good(), key]).to_string());
        assert!(problem.contains(expected), "{name}: {problem}");
    }
}

#[test]
fn a_text_that_is_no_list_of_keys_is_refused() {
    for text in ["", SECRET, "{}", "null", "[", "[{]", &format!("\"{SECRET}\""), "[] []"] {
        problem(text);
    }
    let twice = good().to_string().replacen('{', r#"{"subject":"root","#, 1);
    assert!(problem(&format!("[{twice}]")).contains("duplicate field `subject`"));
    let place = problem("[\n{\"prefix\": 1}]");
    assert!(place.contains("line 2, column 12: a value is of the wrong kind"), "{place}");
}

#[test]
fn all_problems_are_told_at_once() {
    let mut key = good();
    key["sha256"] = "".into();
    let error = ApiKey::read(&json!([key, good(), key]).to_string()).unwrap_err();
    let numbers = error.problems().iter().map(|problem| problem.contains("number 3"));
    assert_eq!(numbers.collect::<Vec<_>>(), [false, true]);
}
