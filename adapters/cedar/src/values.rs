//! Values as Cedar has them: JSON's built one by one, so that nothing a client writes reads as an entity.

use std::str::FromStr;

use cedar_policy::{EvalResult, RestrictedExpression};
use serde_json::{Number, Value};

/// How many values it is made of, itself and all within.
pub(crate) fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(values) => values.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// The value in Cedar's terms; none, where it has no form there.
pub(crate) fn of(value: Value) -> Option<RestrictedExpression> {
    Some(match value {
        // Left out of a record; a set has no place for it.
        Value::Null => return None,
        Value::Bool(it) => RestrictedExpression::new_bool(it),
        Value::Number(number) => match whole(&number) {
            Some(whole) => RestrictedExpression::new_long(whole),
            None => RestrictedExpression::new_string(number.to_string()),
        },
        Value::String(text) => RestrictedExpression::new_string(text),
        Value::Array(values) => {
            let values: Option<Vec<_>> = values.into_iter().map(of).collect();
            RestrictedExpression::new_set(values?)
        }
        Value::Object(members) => {
            let members = members.into_iter().filter(|(_, value)| !value.is_null());
            let members: Option<Vec<_>> =
                members.map(|(name, value)| Some((name, of(value)?))).collect();
            RestrictedExpression::new_record(members?).ok()?
        }
    })
}

/// The whole number, however it is written: a handler may read `1e2` as 100, so a policy has to.
fn whole(number: &Number) -> Option<i64> {
    /// Up to here every whole number has a float of its own, 2^53.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let float = || number.as_f64().filter(|it| it.fract() == 0.0 && it.abs() <= EXACT);
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and well within the range")]
    number.as_i64().or_else(|| float().map(|it| it as i64))
}

/// A value that the operator gave, to be given again; none, where it has no form that can be read.
pub(crate) fn again(value: EvalResult) -> Option<RestrictedExpression> {
    Some(match value {
        EvalResult::Bool(it) => RestrictedExpression::new_bool(it),
        EvalResult::Long(it) => RestrictedExpression::new_long(it),
        EvalResult::String(it) => RestrictedExpression::new_string(it),
        EvalResult::EntityUid(it) => RestrictedExpression::new_entity_uid(it),
        EvalResult::Set(set) => {
            let values: Option<Vec<_>> = set.iter().cloned().map(again).collect();
            RestrictedExpression::new_set(values?)
        }
        EvalResult::Record(record) => {
            let members = record.iter().map(|(name, it)| Some((name.clone(), again(it.clone())?)));
            RestrictedExpression::new_record(members.collect::<Option<Vec<_>>>()?).ok()?
        }
        EvalResult::ExtensionValue(call) => RestrictedExpression::from_str(&call).ok()?,
    })
}

/// A set of texts.
pub(crate) fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> RestrictedExpression {
    let texts = texts.into_iter().map(|text| RestrictedExpression::new_string(text.to_owned()));
    RestrictedExpression::new_set(texts)
}

#[cfg(test)]
mod tests {
    use cedar_policy::{Context, Entity};
    use serde_json::json;

    use super::*;

    fn shown(value: Value) -> Option<String> {
        let context = Context::from_pairs([("it".to_owned(), of(value)?)]).ok()?;
        context.get("it").map(|it: EvalResult| it.to_string())
    }

    #[test]
    fn numbers_are_what_they_stand_for() {
        for (number, cedar) in [("100", "100"), ("1e2", "100"), ("100.0", "100"), ("-3", "-3")] {
            let number: Value = serde_json::from_str(number).unwrap();
            assert_eq!(shown(number).as_deref(), Some(cedar));
        }
        for text in ["1.5", "1e300", "18446744073709551615"] {
            let number: Value = serde_json::from_str(text).unwrap();
            assert!(shown(number).unwrap().starts_with('"'), "{text} is a text");
        }
    }

    #[test]
    fn records_leave_out_null_and_sets_have_none() {
        let left = shown(json!({"a": null, "b": [true, "x"]})).unwrap();
        assert!(!left.contains("\"a\"") && left.contains("true"), "{left}");
        assert_eq!(shown(json!({"a": [null]})), None);
    }

    #[test]
    fn what_an_operator_gave_is_given_again_as_it_was() {
        let extension = |name: &str, of: &str| json!({"__extn": {"fn": name, "arg": of}});
        let of_all_kinds = json!({
            "plain": [true, -3, "a \"b\" \n\u{301}"],
            "uid": {"__entity": {"type": "Team", "id": "\"blue\""}},
            "ip": extension("ip", "10.0.0.0/8"),
            "decimal": extension("decimal", "-1.25"),
            "datetime": extension("datetime", "2026-07-28T01:02:03Z"),
            "duration": extension("duration", "1d2h"),
        });
        let uid = json!({"type": "User", "id": "ann"});
        let entity = json!({"uid": uid, "parents": [], "attrs": {}, "tags": {"it": of_all_kinds}});
        let entity = Entity::from_json_value(entity, None).unwrap();
        let given = || entity.tag("it").unwrap().unwrap();
        let context = Context::from_pairs([("it".to_owned(), again(given()).unwrap())]).unwrap();
        assert_eq!(context.get("it"), Some(given()));
    }

    #[test]
    fn what_a_client_writes_is_no_entity() {
        let forged = json!({"__entity": {"type": "User", "id": "admin"}});
        assert!(shown(forged).unwrap().contains("__entity"), "a record like any other");
    }
}
