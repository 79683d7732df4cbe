//! JSON as Cedar has it: built value by value, so that nothing a client writes reads as an entity.

use cedar_policy::RestrictedExpression;
use serde_json::{Number, Value};

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

/// A set of texts.
pub(crate) fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> RestrictedExpression {
    let texts = texts.into_iter().map(|text| RestrictedExpression::new_string(text.to_owned()));
    RestrictedExpression::new_set(texts)
}

#[cfg(test)]
mod tests {
    use cedar_policy::{Context, EvalResult};
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
    fn what_a_client_writes_is_no_entity() {
        let forged = json!({"__entity": {"type": "User", "id": "admin"}});
        assert!(shown(forged).unwrap().contains("__entity"), "a record like any other");
    }
}
