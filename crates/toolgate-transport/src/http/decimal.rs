//! Decimal numbers compared by value and without rounding: `42` and `42.0` are one number.

/// Whether two texts are the same number. Neither is, where one is no number.
pub(crate) fn same(a: &str, b: &str) -> bool {
    Decimal::read(a).is_some_and(|a| Decimal::read(b).is_some_and(|b| a == b))
}

/// Digits without zeros at either end, and the power of ten that the last of them counts.
#[derive(PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: String,
    power: i64,
}

impl Decimal {
    fn read(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, power) = match text.split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, i64::from(power.parse::<i32>().ok()?)),
            None => (text, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (mantissa, ""),
        };
        let all = format!("{whole}{fraction}");
        if whole.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = all.trim_end_matches('0');
        let dropped = i64::try_from(all.len() - digits.len()).ok()?;
        let power = power + dropped - i64::try_from(fraction.len()).ok()?;
        let digits = digits.trim_start_matches('0').to_owned();
        // Zero has neither sign nor power.
        let some = !digits.is_empty();
        Some(Self { negative: negative && some, power: if some { power } else { 0 }, digits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_by_value() {
        for (a, b) in [
            ("42", "42"),
            ("42", "42.0"),
            ("42", "4.2e1"),
            ("4200", "42E+2"),
            ("-0", "0"),
            ("0.0", "0e9"),
            ("9007199254740993", "9007199254740993.000"),
            ("007", "7"),
        ] {
            assert!(same(a, b) && same(b, a), "{a} {b}");
        }
        for (a, b) in [
            ("42", "43"),
            ("42", "-42"),
            ("42", "420"),
            ("9007199254740993", "9007199254740992"),
            ("x", "x"),
            ("", ""),
            ("1.", "1"),
            (".5", "0.5"),
            ("+1", "1"),
            ("1 ", "1"),
            ("1e", "1"),
            ("1e99999999999", "1"),
            ("٣", "3"),
        ] {
            assert!(!same(a, b), "{a} {b}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(a: String, b: String, power: i32) {
            let _ = same(&a, &b);
            let _ = same(&format!("1e{power}"), "0.00001");
        }
    }
}
