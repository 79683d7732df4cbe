//! Credentials that are not quite the valid ones.

/// Positions of one credential that are changed; of a longer one, so many of them, spread evenly.
const POSITIONS: usize = 128;

/// Copies of a credential with one byte changed, and where.
///
/// Encodings have slack, and using it makes no other credential: the last character of base64 may
/// have bits that stand for nothing, padding stands for nothing at all, and hexadecimal may be
/// written in either case. So a character of base64 has the first of its six bits flipped, which
/// counts wherever it stands and never gives the other case of a letter, and padding at the end is
/// left alone.
pub(super) fn one_byte(credential: &str) -> impl Iterator<Item = (usize, Vec<u8>)> {
    let bytes = credential.as_bytes();
    let end = credential.trim_end_matches('=').len();
    let some = end.min(POSITIONS);
    // From the first to the last of them, both included.
    let at = move |nth: usize| nth * end.saturating_sub(1) / some.saturating_sub(1).max(1);
    (0..some).map(at).filter_map(move |at| {
        let mut changed = bytes.to_vec();
        let byte = changed.get_mut(at)?;
        *byte = other(*byte);
        Some((at, changed))
    })
}

/// Another character, as [`one_byte`] says.
fn other(byte: u8) -> u8 {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'-' | b'+' => 62,
        b'_' | b'/' => 63,
        _ => return if byte == b'.' { b'A' } else { byte ^ 1 },
    };
    match value ^ 0b10_0000 {
        value @ 0..=25 => b'A' + value,
        value @ 26..=51 => b'a' + value - 26,
        value @ 52..=61 => b'0' + value - 52,
        62 => b'-',
        _ => b'_',
    }
}

/// Field values that are nobody's, with what they are. `prefix` is the scheme and a space, or
/// nothing.
pub(super) fn garbage(prefix: &str, credential: &str) -> Vec<(&'static str, Vec<u8>)> {
    const LONG: usize = 1 << 20;
    let text = |text: String| text.into_bytes();
    let with = |credential: &[u8]| [prefix.as_bytes(), credential].concat();
    let own = credential.as_bytes();
    let half = own.get(..own.len() / 2).unwrap_or_default();
    let long = |byte: &str| byte.repeat(LONG).into_bytes();
    let short = own.get(..own.len().saturating_sub(1)).unwrap_or_default();
    let mut all = vec![
        ("an empty field", vec![]),
        ("nothing after the scheme", text(prefix.trim_end().to_owned())),
        ("spaces after the scheme", text(format!("{prefix}  "))),
        ("padding alone", with(b"==")),
        ("bytes that are no text", with(&[0xFF, 0xFE, 0x80, 0xC0])),
        ("bytes that are no text, and no scheme", vec![0xC3, 0x28, 0xFF]),
        ("a NUL", with(&[0])),
        ("the credential and a NUL", with(&[own, &[0]].concat())),
        ("the credential and a NUL, then more", with(&[own, b"\0x"].concat())),
        ("the credential and bytes that are no text", with(&[own, &[0xFF]].concat())),
        ("the credential and one character more", with(&[own, b"x"].concat())),
        ("half of the credential", with(half)),
        ("the credential twice in one", with(&[own, b" ", own].concat())),
        ("the credential twice with a comma", with(&[own, b", ", prefix.as_bytes(), own].concat())),
        ("the credential in quotes", with(&[b"\"", own, b"\""].concat())),
        ("`null`", with(b"null")),
        ("three empty parts", with(b"..")),
        ("three parts of nothing", with(b"e30.e30.e30")),
        ("an unsigned token", with(b"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.")),
        ("deep JSON", with("[".repeat(10_000).as_bytes())),
        ("a mebibyte", with(&long("a"))),
        ("a mebibyte of dots", with(&long("."))),
        ("the credential and a mebibyte", with(&[own, &long("a")].concat())),
    ];
    if !credential.ends_with('=') {
        all.push(("the credential without its last byte", with(short)));
    }
    all
}

#[cfg(test)]
mod tests {
    use base64::{
        Engine, alphabet,
        engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
    };

    use super::*;

    /// Reads all that any reader would: any bits at the end, any padding.
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::URL_SAFE,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );

    #[test]
    fn a_changed_byte_is_another_credential_even_to_a_lenient_reader() {
        for length in 1..70_u8 {
            let bytes: Vec<u8> = (0..length).map(|n| n.wrapping_mul(151)).collect();
            let text = LENIENT.encode(&bytes);
            let mut seen = 0;
            for (at, changed) in one_byte(&text) {
                assert_ne!(LENIENT.decode(&changed).unwrap(), bytes, "{at} of {text}");
                seen += 1;
            }
            assert_eq!(seen, text.trim_end_matches('=').len());
        }
    }

    #[test]
    fn every_byte_changes_and_never_to_its_other_case() {
        for byte in 0..=u8::MAX {
            let other = other(byte);
            assert!(!byte.eq_ignore_ascii_case(&other), "{byte}");
        }
    }

    #[test]
    fn long_credentials_are_changed_from_end_to_end() {
        let long = "a".repeat(5000);
        let positions: Vec<_> = one_byte(&long).map(|(at, _)| at).collect();
        assert_eq!((positions.len(), positions[0], positions[127]), (128, 0, 4999));
        assert!(positions.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(one_byte("").count(), 0);
        assert_eq!(one_byte("a").count(), 1);
    }
}
