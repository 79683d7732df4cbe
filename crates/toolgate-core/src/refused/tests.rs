//! Each refusal, to the last byte.

use super::*;

fn realm() -> Realm<'static> {
    Realm {
        metadata_url: Some("https://h/.well-known/oauth-protected-resource/mcp"),
        required: ["mcp"].into(),
        known: ["files:read", "files:write", "mcp"].into(),
        held: ["files:read", "mcp", "openid"].into(),
        scope_prefix: None,
        challenges: vec![Challenge::bearer()],
    }
}

const META: &str = r#"resource_metadata="https://h/.well-known/oauth-protected-resource/mcp""#;

fn challenge_of(refused: &Refused) -> (u16, String) {
    let outcome = outcome(refused, &realm());
    let field = outcome.fields.first().map(|(_, value)| value.clone()).unwrap_or_default();
    (outcome.status, field)
}

#[test]
fn a_missing_token_gets_a_challenge_without_an_error() {
    let (status, text) = challenge_of(&Refused::Unauthenticated(Refusal::missing()));
    assert_eq!((status, text), (401, format!(r#"Bearer {META}, scope="mcp""#)));
}

#[test]
fn a_wrong_token_is_named_invalid() {
    let refused = Refused::Unauthenticated(Refusal::invalid("the token has \"expired\"\\\n"));
    let (status, text) = challenge_of(&refused);
    let description = r#"error_description="the token has ?expired???""#;
    let expected = format!(r#"Bearer {META}, error="invalid_token", scope="mcp", {description}"#);
    assert_eq!((status, text), (401, expected));
}

#[test]
fn a_refusal_may_bring_an_error_of_its_own_unless_nothing_was_sent() {
    let bad = Refusal::invalid("no proof").error("invalid_dpop_proof");
    let (status, challenge) = challenge_of(&Refused::Unauthenticated(bad));
    assert_eq!(status, 401);
    assert!(challenge.contains(r#"error="invalid_dpop_proof""#), "{challenge}");
    assert!(!challenge.contains("invalid_token"), "{challenge}");
    let missing = Refusal::missing().error("invalid_dpop_proof");
    let (_, challenge) = challenge_of(&Refused::Unauthenticated(missing));
    assert!(!challenge.contains("error="), "{challenge}");
}

#[test]
fn a_malformed_request_is_400() {
    let refused = Refused::Unauthenticated(Refusal::malformed("two tokens"));
    let (status, text) = challenge_of(&refused);
    assert_eq!(status, 400);
    assert!(text.contains(r#"error="invalid_request""#));
}

#[tokio::test]
async fn whoever_is_not_let_in_is_asked_for_no_other_token() {
    struct Door;
    impl crate::Authenticate for Door {
        fn authenticate<'a>(
            &'a self,
            _: &'a crate::Credentials,
        ) -> crate::BoxFuture<'a, crate::Verdict> {
            Box::pin(std::future::ready(Refusal::forbidden("not this client").into()))
        }
    }
    let none = crate::Credentials::from_fields::<&str, &str>([]);
    let refused = crate::authenticate::identify(&Door, &none).await.unwrap_err();
    for refused in [refused, Refused::Unauthenticated(Refusal::forbidden("not this client"))] {
        let outcome = outcome(&refused, &realm());
        assert_eq!((outcome.status, &*outcome.message), (403, "not this client"));
        assert!(outcome.fields.is_empty());
    }
}

#[test]
fn a_missing_scope_names_needed_and_held_and_known_scopes_sorted() {
    let (status, text) = challenge_of(&Refused::Scopes(["files:write"].into()));
    let scope = r#"scope="files:read files:write mcp""#;
    let expected = format!(
        r#"Bearer {META}, error="insufficient_scope", {scope}, error_description="the token lacks a scope""#
    );
    assert_eq!((status, text.clone()), (403, expected));
    assert_eq!(text, challenge_of(&Refused::Scopes(["files:write"].into())).1, "equal bytes");
}

#[test]
fn step_up_tells_age_and_strength() {
    let step_up = |max_age: Option<u64>, acr: Option<&str>, scopes: Scopes| {
        let (max_age, acr) = (max_age.map(Duration::from_secs), acr.map(str::to_owned));
        challenge_of(&Refused::StepUp { max_age, acr, scopes })
    };
    let (status, text) = step_up(Some(60), Some("x y"), ["files:write"].into());
    let error = r#"error="insufficient_user_authentication", acr_values="x y", max_age="60""#;
    let scope = r#"scope="files:read files:write mcp""#;
    let expected = format!(
        r#"Bearer {META}, {error}, {scope}, error_description="a fresher or stronger login is required""#
    );
    assert_eq!((status, text), (401, expected), "what is held is asked for again");
    let (_, text) = step_up(Some(0), None, Scopes::none());
    assert!(text.contains(r#"max_age="0""#) && !text.contains("acr_values"), "{text}");
    assert!(text.contains(r#"scope="files:read mcp""#), "{text}");
}

#[test]
fn what_no_login_can_mend_carries_no_challenge() {
    let rows = [
        (Refused::Forbidden(Refusal::invalid("no")), 403, code::REFUSED, None),
        (Refused::Busy { retry: Duration::from_millis(1500) }, 429, code::REFUSED, Some("2")),
        (Refused::Unavailable { retry: Duration::ZERO }, 503, code::REFUSED, Some("1")),
        (Refused::Undecided { retry: Duration::from_secs(3) }, 503, code::REFUSED, Some("3")),
        (Refused::Failed("s3cr3t".into()), 500, code::INTERNAL_ERROR, None),
    ];
    for (refused, status, code, retry) in rows {
        let outcome = outcome(&refused, &realm());
        assert_eq!((outcome.status, outcome.code), (status, code));
        assert!(outcome.fields.iter().all(|(name, _)| *name == "retry-after"));
        assert_eq!(outcome.fields.first().map(|(_, value)| value.as_str()), retry);
        assert!(!outcome.message.contains("s3cr3t"));
    }
}

#[test]
fn bearer_comes_first_and_an_open_server_challenges_nobody() {
    let mut realm = realm();
    realm.challenges = vec![Challenge::new("DPoP").param("algs", "ES256"), Challenge::bearer()];
    let refused = Refused::Unauthenticated(Refusal::missing());
    let fields = outcome(&refused, &realm).fields;
    assert!(fields[0].1.starts_with("Bearer resource_metadata="));
    assert!(fields[0].1.contains(r#", DPoP algs="ES256", resource_metadata="#));
    realm.challenges.clear();
    assert!(outcome(&refused, &realm).fields.is_empty());
}

#[test]
fn a_challenge_names_scopes_as_clients_ask_for_them() {
    let mut realm = realm();
    realm.scope_prefix = Some("https://h/mcp/");
    realm.known = realm.known.union(&["openid"].into());
    let lacking = outcome(&Refused::Scopes(["files:write"].into()), &realm);
    let (_, field) = &lacking.fields[0];
    let scopes = "https://h/mcp/files:read https://h/mcp/files:write https://h/mcp/mcp openid";
    assert!(field.contains(&format!(r#"scope="{scopes}""#)), "{field}");
    let missing = outcome(&Refused::Unauthenticated(Refusal::missing()), &realm);
    assert!(missing.fields[0].1.contains(r#"scope="https://h/mcp/mcp""#), "{missing:?}");
}
