//! Arguments typed, and what is wrong with them in words that help the model.

use serde::de::DeserializeOwned;
use toolgate_core::protocol::Json;

/// The longest text that is quoted back.
const MAX: usize = 400;

/// Reads arguments as a `T`.
///
/// # Errors
/// Words for the caller: the field, and what was expected there.
pub(crate) fn typed<T: DeserializeOwned>(arguments: &Json) -> Result<T, String> {
    read(arguments).map_err(|problem| format!("invalid arguments: {problem}"))
}

/// Reads what a peer sent as a `T`.
///
/// # Errors
/// Words for the peer: the field, and what was expected there.
pub(crate) fn read<T: DeserializeOwned>(sent: &Json) -> Result<T, String> {
    // serde_json names no field. Only a failure pays for the second parse that does.
    sent.parse().or_else(|_: serde_json::Error| explained(sent))
}

fn explained<T: DeserializeOwned>(sent: &Json) -> Result<T, String> {
    let mut deserializer = serde_json::Deserializer::from_slice(sent.as_bytes());
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let problem = error.into_inner().to_string();
        // "at line 1 column 9" is about our text of it, not about theirs.
        let problem = problem.split(" at line ").next().unwrap_or_default();
        let text = match path.as_str() {
            "." => problem.to_owned(),
            path => format!("`{path}`: {problem}"),
        };
        text.chars().take(MAX).collect()
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Outer {
        #[expect(dead_code, reason = "only parsing is tested")]
        inner: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        #[expect(dead_code, reason = "only parsing is tested")]
        size: u8,
    }

    #[test]
    fn the_field_and_the_expectation_are_named() {
        for (arguments, words) in [
            (r#"{"inner":[{"size":1},{"size":"x"}]}"#, "`inner[1].size`: invalid type: string"),
            (r#"{"inner":[{"size":300}]}"#, "expected u8"),
            (r#"{"inner":[{}]}"#, "missing field `size`"),
            ("{}", "missing field `inner`"),
        ] {
            let arguments = Json::from_text(arguments).unwrap();
            let problem = typed::<Outer>(&arguments).unwrap_err();
            assert!(problem.contains(words), "{problem}");
            assert!(!problem.contains(" line "), "{problem}");
        }
    }

    #[test]
    fn what_is_quoted_back_is_bounded() {
        let arguments = Json::of(&serde_json::json!({"inner": "x".repeat(10_000)})).unwrap();
        assert!(typed::<Outer>(&arguments).unwrap_err().len() <= MAX + 20);
    }
}
