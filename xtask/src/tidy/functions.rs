//! A function fits a screen.

use super::files::RustFile;
use crate::source::{Kind, Token, tokens};

/// Lines from which a function fails.
const TOO_LONG: usize = 100;
/// Lines from which it is listed.
const SMELL: usize = 60;

#[derive(Debug, Default)]
pub(super) struct Lengths {
    pub(super) too_long: Vec<String>,
    pub(super) smells: Vec<String>,
}

pub(super) fn judge(file: &RustFile) -> Lengths {
    let found: Vec<Token<'_>> =
        tokens(&file.text).into_iter().filter(|token| token.kind != Kind::Comment).collect();
    let mut lengths = Lengths::default();
    for (at, token) in found.iter().enumerate().filter(|(_, token)| token.is("fn")) {
        let rest = found.get(at + 1..).unwrap_or_default();
        let Some((name, end)) = rest.first().zip(last_line(rest)) else { continue };
        let lines = end.saturating_sub(token.line) + 1;
        let told =
            || format!("{}:{}: `{}` has {lines} lines", file.path.display(), token.line, name.text);
        match lines {
            _ if lines > TOO_LONG => lengths.too_long.push(told()),
            _ if lines > SMELL => lengths.smells.push(told()),
            _ => {}
        }
    }
    lengths
}

/// The line of the brace that closes the first block, if a block comes before a `;`.
fn last_line(tokens: &[Token<'_>]) -> Option<usize> {
    let (mut braces, mut others) = (0_usize, 0_usize);
    for token in tokens {
        match token.text {
            _ if token.kind != Kind::Sign => {}
            "{" => braces += 1,
            "}" if braces <= 1 => return Some(token.line),
            "}" => braces -= 1,
            "(" | "[" => others += 1,
            ")" | "]" => others = others.saturating_sub(1),
            ";" if braces == 0 && others == 0 => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{RustFile, judge};

    fn lengths(text: String) -> (usize, usize) {
        let lengths = judge(&RustFile { path: "a.rs".into(), text, is_test: false });
        (lengths.too_long.len(), lengths.smells.len())
    }

    #[test]
    fn long_functions_are_found() {
        let body = |lines| "let x = \"}\"; // }\n".repeat(lines);
        assert_eq!(lengths(format!("fn f(x: [u8; 3]) {{\n{}}}\nfn g() {{}}", body(101))), (1, 0));
        assert_eq!(lengths(format!("fn f() {{ if x {{\n{}}} }}", body(70))), (0, 1));
        assert_eq!(lengths(format!("trait T {{ fn f();\n{} }}", body(200))), (0, 0));
        assert_eq!(lengths(format!("fn f() {{\n{}}}", body(50))), (0, 0));
    }
}
