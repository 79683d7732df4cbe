//! What a request sends, and what becomes of it.

use toolgate_core::{Authenticate, Challenge, Refusal, Verdict};

use super::kit::{Asked, NOW, at, bearer, field, identity, issued, known, verdict, word};
use crate::api_keys::digest::work;

const INVALID: &str = "the API key is not valid";

#[test]
fn a_key_is_an_identity_wherever_it_is_sent() {
    let (sent, key) = issued("tg_reports");
    let key = key.client("desk").scopes(["b", "a"]).roles(["night watch"]).expires(at(NOW + 1));
    let auth = known([key]).build().unwrap();
    for asked in [bearer(&sent), field(&sent), field(&format!(" {sent}\t"))] {
        let identity = identity(verdict(&auth, asked));
        assert_eq!(&*identity.key.issuer, "api-keys");
        assert_eq!(&*identity.key.subject, "ann");
        assert_eq!(identity.key.client.as_deref(), Some("desk"));
        assert_eq!(identity.scopes.to_string(), "a b");
        assert_eq!(identity.roles.iter().collect::<Vec<_>>(), ["night watch"]);
        assert_eq!(identity.expires, Some(at(NOW + 1)));
        assert_eq!(identity.token_id.as_deref(), Some("tg_reports"));
    }
}

/// A target, its fields, and what becomes of them. `K` stands for a key that is known, `L` for another.
type Row = (&'static str, &'static [(&'static str, &'static str)], &'static str);

const A: &str = "authorization";
const X: &str = "X-API-Key";

const ROWS: &[Row] = &[
    ("/mcp", &[], "missing"),
    // Once, and in one place.
    ("/mcp", &[(A, "Bearer K"), (X, "K")], "malformed"),
    ("/mcp", &[(A, "Bearer K"), (X, "L")], "malformed"),
    ("/mcp", &[(A, "Bearer K"), (X, "")], "malformed"),
    ("/mcp", &[(A, "Bearer a.b.c"), (X, "K")], "malformed"),
    ("/mcp", &[(A, "Bearer a.b.c"), (X, "opaque")], "malformed"),
    ("/mcp", &[(A, "Bearer"), (X, "K")], "malformed"),
    ("/mcp", &[(A, "Basic eDp5"), (X, "K")], "malformed"),
    ("/mcp", &[(A, "Bearer K"), (A, "Bearer K")], "malformed"),
    ("/mcp", &[(X, "K"), (X, "K")], "malformed"),
    ("/mcp", &[(X, "K"), (X, "")], "malformed"),
    ("/mcp", &[(X, "K, K")], "malformed"),
    ("/mcp", &[(X, "K,")], "malformed"),
    ("/mcp", &[(A, "Bearer K, Bearer K")], "malformed"),
    ("/mcp?access_token=K", &[], "malformed"),
    ("/mcp?access_token=K", &[(X, "K")], "malformed"),
    // Another form.
    ("/mcp", &[(A, "Basic eDp5")], "not mine"),
    ("/mcp", &[(A, "K")], "not mine"),
    ("/mcp", &[(A, "Bearer eyJhbGciOiJFUzI1NiJ9.e30.c2ln")], "not mine"),
    ("/mcp", &[(A, "Bearer eyJhbGciOiJFUzI1NiJ9.e30.K")], "not mine"),
    ("/mcp", &[(A, "Bearer opaque")], "not mine"),
    ("/mcp", &[(A, "Bearer tg_K")], "invalid"),
    ("/mcp", &[(A, "Bearer TG_K")], "not mine"),
    ("/mcp", &[(A, "Bearer K=")], "not mine"),
    ("/mcp", &[(X, "Bearer K")], "not mine"),
    ("/mcp", &[(X, "K\u{e4}")], "not mine"),
    ("/mcp", &[(X, "\"K\"")], "not mine"),
    ("/mcp", &[(X, "")], "not mine"),
    // The form, and no key.
    ("/mcp", &[(A, "Bearer L")], "invalid"),
    ("/mcp", &[(X, "L")], "invalid"),
    ("/mcp", &[(A, "Bearer ")], "that is not a bearer token"),
];

#[test]
fn everything_else_is_refused_for_what_it_is() {
    let ((sent, key), (other, _)) = (issued("tg_reports"), issued("tg_other"));
    let auth = known([key]).build().unwrap();
    for (target, fields, expected) in ROWS {
        // Letter by letter, since a key may have either letter in it.
        let write = |text: &str| {
            let word = |letter: char| match letter {
                'K' => sent.clone(),
                'L' => other.clone(),
                _ => letter.to_string(),
            };
            text.chars().map(word).collect::<String>().into_bytes()
        };
        let written = fields.iter().map(|(name, value)| (*name, write(value)));
        let verdict = verdict(&auth, Asked(target, written.collect()));
        let expected = if *expected == "invalid" { INVALID } else { expected };
        assert_eq!(word(&verdict), expected, "{target} {fields:?}");
    }
}

#[test]
fn an_unknown_prefix_and_a_wrong_secret_cannot_be_told_apart() {
    let ((_, key), (other, _)) = (issued("tg_reports"), issued("tg_other"));
    let ((wrong, _), (expired, old)) = (issued("tg_reports"), issued("tg_old"));
    let auth = known([key, old.expires(at(NOW))]).build().unwrap();
    // Whoever has not the secret of a key that has expired is not told that either.
    let wrong_and_expired = issued("tg_old").0;
    for asked in [bearer(&wrong), bearer(&other), bearer(&wrong_and_expired), field(&other)] {
        let before = work::done();
        let Verdict::Refused(refusal) = verdict(&auth, asked) else { panic!() };
        let told = (refusal.reason(), refusal.message(), refusal.answered());
        let expected = Refusal::invalid(INVALID);
        assert_eq!(told, (expected.reason(), INVALID, expected.answered()));
        // The same work for each: time would tell otherwise.
        assert_eq!(work::done(), (before.0 + 1, before.1 + 1));
    }
    assert_eq!(word(&verdict(&auth, bearer(&expired))), "the API key has expired");
}

/// That bytes are compared in constant time cannot be seen from a result, and a clock is no test.
/// So this holds the structure: the comparison is `ct_eq`, and a digest has no `==`.
#[test]
fn digests_are_compared_in_constant_time() {
    let code = include_str!("../digest.rs");
    assert!(code.contains("self.0.ct_eq(&other.0)"));
    assert!(!code.contains("PartialEq") && !code.contains("self.0 =="));
}

#[test]
fn every_bit_of_a_digest_counts() {
    use crate::api_keys::digest::Digest;
    let one = Digest::of(b"a key");
    assert!(one.matches(&Digest::of(b"a key")));
    for bit in 0..256 {
        let mut other = one;
        other.0[bit / 8] ^= 1 << (bit % 8);
        assert!(!one.matches(&other), "bit {bit}");
    }
}

/// Trailing bits of base64url that no byte holds make another text, so another key.
#[test]
fn every_character_of_a_key_counts() {
    let (sent, key) = issued("tg_reports");
    let auth = known([key]).build().unwrap();
    for at in 0..sent.len() {
        for other in ['A', 'b', '7', '-', '_'] {
            let mut changed = sent.clone();
            changed.replace_range(at..=at, &other.to_string());
            if changed != sent {
                assert_ne!(word(&verdict(&auth, bearer(&changed))), "known", "{at}");
            }
        }
    }
}

#[test]
fn what_has_not_the_form_is_not_hashed_however_long_it_is() {
    let (sent, key) = issued("tg_reports");
    let auth = known([key]).build().unwrap();
    let before = work::done();
    for long in ["x", "tg_", "0"].map(|text| text.repeat(100_000)) {
        assert_eq!(word(&verdict(&auth, bearer(&format!("tg_{long}_{sent}")))), "not mine");
        assert_eq!(word(&verdict(&auth, field(&format!("{sent}{long}.")))), "not mine");
    }
    assert_eq!(work::done(), before);
}

#[test]
fn a_key_ends_on_the_second() {
    let (sent, key) = issued("tg_reports");
    for (end, expected) in
        [(NOW - 1, "the API key has expired"), (NOW, "the API key has expired"), (NOW + 1, "known")]
    {
        let auth = known([key.clone().expires(at(end))]).build().unwrap();
        assert_eq!(word(&verdict(&auth, bearer(&sent))), expected);
    }
}

#[test]
fn keys_are_replaced_while_they_are_used() {
    let ((old, first), (new, second)) = (issued("tg_reports"), issued("tg_reports"));
    let auth = known([first]).build().unwrap();
    let clone = auth.clone();
    assert_eq!(word(&verdict(&clone, bearer(&old))), "known");
    auth.replace([second]).unwrap();
    assert_eq!(word(&verdict(&clone, bearer(&old))), INVALID);
    assert_eq!(word(&verdict(&clone, bearer(&new))), "known");
    auth.replace([]).unwrap();
    assert_eq!(word(&verdict(&clone, bearer(&new))), INVALID);
}

#[test]
fn keys_that_cannot_be_used_replace_none() {
    let ((sent, key), (_, other)) = (issued("tg_reports"), issued("acme_reports"));
    let auth = known([key]).build().unwrap();
    let error = auth.replace([other]).unwrap_err();
    assert!(error.to_string().contains("number 1: its prefix"), "{error}");
    assert_eq!(word(&verdict(&auth, bearer(&sent))), "known");
}

#[test]
fn nobody_waits_for_keys_that_are_being_read() {
    let (sent, key) = issued("tg_reports");
    let (next, slow) = issued("tg_slow");
    let (begun, has_begun) = std::sync::mpsc::channel();
    let (go_on, may_go_on) = std::sync::mpsc::channel();
    let may_go_on = std::sync::Mutex::new(may_go_on);
    let auth = known([key])
        .principal(move |key| {
            if &*key.prefix == "tg_slow" {
                begun.send(()).unwrap();
                may_go_on.lock().unwrap().recv().unwrap();
            }
            Ok(())
        })
        .build()
        .unwrap();
    let replacing = auth.clone();
    let replacing = std::thread::spawn(move || replacing.replace([slow]).unwrap());
    has_begun.recv().unwrap();
    assert_eq!(word(&verdict(&auth, bearer(&sent))), "known");
    go_on.send(()).unwrap();
    replacing.join().unwrap();
    assert_eq!(word(&verdict(&auth, bearer(&next))), "known");
}

#[test]
fn the_challenge_is_bearer() {
    let auth = known([]).build().unwrap();
    assert_eq!(auth.challenges(&Refusal::missing()), [Challenge::bearer()]);
    assert!(auth.card().authorization_servers.is_empty() && !auth.card().needs_resource);
}

#[test]
fn nothing_shows_a_key_or_its_hash() {
    let (secret, key) = crate::ApiKey::generate("tg_reports", "ann").unwrap();
    let (sent, hash) = (secret.expose().to_owned(), key.digest.to_hex());
    let keys = known([key.clone()]);
    let auth = keys.clone().build().unwrap();
    let wrong = issued("tg_reports").0;
    let Verdict::Refused(refusal) = verdict(&auth, bearer(&wrong)) else { panic!() };
    let unknown = issued("tg_unknown").0;
    let Verdict::Refused(other) = verdict(&auth, bearer(&unknown)) else { panic!() };
    let identity = identity(verdict(&auth, bearer(&sent)));
    let shown = format!("{secret:?} {key:?} {keys:?} {auth:?} {identity:?} {refusal:?} {other:?}");
    let secrets = [&sent, &wrong, &unknown].map(|key| &key[key.len() - 43..]);
    assert!(secrets.iter().all(|secret| !shown.contains(secret)), "{shown}");
    assert!(!shown.contains(&hash) && !shown.contains("unknown"), "{shown}");
    assert_eq!(refusal.logged(), "the API key is not valid: the secret is wrong for tg_reports");
}
