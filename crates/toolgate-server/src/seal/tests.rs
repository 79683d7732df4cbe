//! What opens, and above all what does not.

use proptest::prelude::*;
use toolgate_core::{Identity, Key};

use super::*;

fn key(n: u8) -> SealKey {
    let mut secret = [n; 32];
    secret[0] = !n;
    SealKey::new(secret).unwrap()
}

fn sealer(keys: &[u8]) -> Sealer {
    Sealer::new(keys.iter().map(|n| key(*n)).collect()).unwrap()
}

#[test]
fn what_was_sealed_opens_for_the_same_purpose_and_parts_alone() {
    let sealer = sealer(&[1]);
    let text = sealer.seal("state", &[b"ab", b"c"], b"payload").unwrap();
    assert_eq!(sealer.open("state", &[b"ab", b"c"], &text).unwrap(), b"payload");
    for (purpose, bound) in [
        ("cursor", &[&b"ab"[..], b"c"][..]),
        ("state", &[b"ab"]),
        ("state", &[b"a", b"bc"]),
        ("state", &[b"abc"]),
        ("state", &[b"ab", b"c", b""]),
        ("stateab", &[b"c"]),
    ] {
        assert_eq!(sealer.open(purpose, bound, &text), Err(Unopened::NotAuthentic), "{purpose}");
    }
}

#[test]
fn no_byte_of_it_can_be_changed() {
    let sealer = sealer(&[1]);
    let text = sealer.seal("state", &[], b"payload").unwrap();
    for at in 0..text.len() {
        for flip in [1, 2, 4, 32, 128] {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= flip;
            let changed = String::from_utf8_lossy(&bytes);
            assert!(sealer.open("state", &[], &changed).is_err(), "{at} {flip}");
        }
        assert!(sealer.open("state", &[], &text[..at]).is_err(), "{at}");
    }
    let raw = URL_SAFE_NO_PAD.decode(&text).unwrap();
    for bit in 0..raw.len() * 8 {
        let mut raw = raw.clone();
        raw[bit / 8] ^= 1 << (bit % 8);
        assert!(sealer.open("state", &[], &URL_SAFE_NO_PAD.encode(raw)).is_err(), "{bit}");
    }
    for longer in ["-TAMPERED", "=", " ", "AAAA"] {
        assert!(sealer.open("state", &[], &format!("{text}{longer}")).is_err(), "{longer}");
    }
}

#[test]
fn an_old_key_opens_and_a_removed_one_does_not() {
    let text = sealer(&[1]).seal("state", &[], b"payload").unwrap();
    assert_eq!(sealer(&[2, 1]).open("state", &[], &text).unwrap(), b"payload");
    assert_eq!(sealer(&[2]).open("state", &[], &text), Err(Unopened::UnknownKey));
    let newer = sealer(&[2, 1]).seal("state", &[], b"payload").unwrap();
    assert!(sealer(&[2]).open("state", &[], &newer).is_ok(), "the first key seals");
    assert!(Sealer::new(Vec::new()).unwrap().open("state", &[], &text).is_err());
}

#[test]
fn equal_payloads_are_not_seen_to_be_equal() {
    let sealer = sealer(&[1]);
    let seal = || sealer.seal("state", &[], b"payload").unwrap();
    assert_ne!(seal(), seal());
    assert!(seal().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
}

#[test]
fn owners_differ_in_issuer_subject_and_client() {
    let known = |key: Key| owner(&Identity::new(key).into());
    let owners = [
        owner(&Caller::Open),
        known(Key::new("open", "")),
        known(Key::new("a", "b")),
        known(Key::new("ab", "")),
        known(Key::new("a", "b").client("c")),
        known(Key::new("a", "bc")),
        known(Key::new("client", "b")),
    ];
    for (at, one) in owners.iter().enumerate() {
        assert!(!owners[..at].contains(one), "{at}");
    }
}

#[test]
fn keys_are_read_from_64_hexadecimal_digits_and_never_shown() {
    let text = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";
    let key: SealKey = text.parse().unwrap();
    let sealed = Sealer::new(vec![key.clone()]).unwrap().seal("state", &[], b"").unwrap();
    let again = Sealer::new(vec![text.to_lowercase().parse().unwrap()]).unwrap();
    assert!(again.open("state", &[], &sealed).is_ok());
    assert_eq!(format!("{key:?} {again:?}"), "SealKey(..) Sealer(..)");
    for wrong in ["", "0011", &text[1..], &format!("{text}0"), &"0".repeat(64), &"é".repeat(32)] {
        let bad = wrong.parse::<SealKey>().unwrap_err();
        assert!(wrong.is_empty() || !bad.to_string().contains(wrong), "{wrong}");
    }
}

proptest! {
    #[test]
    fn no_text_opens_that_was_not_sealed(text in ".*", raw in prop::collection::vec(any::<u8>(), 0..256)) {
        let sealer = sealer(&[1]);
        prop_assert!(sealer.open("state", &[], &text).is_err());
        let mut raw = raw;
        raw.splice(0..0, [&[VERSION][..], key(1).id()].concat());
        prop_assert!(sealer.open("state", &[], &URL_SAFE_NO_PAD.encode(raw)).is_err());
    }

    #[test]
    fn any_payload_comes_back(payload in prop::collection::vec(any::<u8>(), 0..256)) {
        let sealer = sealer(&[1]);
        let text = sealer.seal("state", &[b"o"], &payload).unwrap();
        prop_assert_eq!(sealer.open("state", &[b"o"], &text).unwrap(), payload);
    }
}
