//! What answers mean, and what whoever called a tool is told of them.

use std::error::Error as _;

use toolgate_core::{Error, Scopes};

use tracing::Level;

use super::{
    super::{answer, authority::Trouble, level},
    *,
};

#[tokio::test]
async fn the_forms_that_a_token_may_come_in() {
    let jwt = "urn:ietf:params:oauth:token-type:jwt";
    for answer in [
        good("theirs"),
        with("token_type", json!("bearer")),
        with("issued_token_type", json!(jwt)),
        without("issued_token_type"),
        without("expires_in"),
        with("expires_in", json!("300")),
        with("refresh_token", json!("r")),
    ] {
        let world = World::saying(&answer);
        assert_eq!(token(&world.exchanger()).await, "theirs", "{answer}");
    }
}

#[tokio::test]
async fn what_is_no_token_for_a_bearer_is_not_handed_out() {
    let long = "x".repeat(16 * 1024 + 1);
    for (answer, expected) in [
        (with("token_type", json!("DPoP")), Kind::Misconfigured),
        (with("token_type", json!("N_A")), Kind::Misconfigured),
        (without("token_type"), Kind::Misconfigured),
        (
            with("issued_token_type", json!("urn:ietf:params:oauth:token-type:refresh_token")),
            Kind::Misconfigured,
        ),
        (with("access_token", json!("a b")), Kind::Misconfigured),
        (with("access_token", json!("a\r\nb")), Kind::Misconfigured),
        (with("access_token", json!("")), Kind::Misconfigured),
        (without("access_token"), Kind::Unavailable),
        (with("access_token", json!(7)), Kind::Unavailable),
        (with("access_token", json!(long)), Kind::Unavailable),
        (with("x", json!("x".repeat(64 * 1024))), Kind::Unavailable),
        (json!([]), Kind::Unavailable),
    ] {
        let world = World::saying(&answer);
        let shown: String = answer.to_string().chars().take(100).collect();
        assert_eq!(kind(&world.exchanger()).await, expected, "{shown}");
    }
    let json = "application/json";
    for (status, kind_of, body, expected) in [
        (200, "text/html", good("theirs").to_string(), Kind::Unavailable),
        (
            200,
            json,
            r#"{"access_token":"a","access_token":"b","token_type":"Bearer"}"#.into(),
            Kind::Unavailable,
        ),
        (201, json, good("theirs").to_string(), Kind::Misconfigured),
        (302, json, good("theirs").to_string(), Kind::Misconfigured),
        (400, "text/html", String::new(), Kind::Misconfigured),
        (401, json, String::new(), Kind::Misconfigured),
        (404, json, String::new(), Kind::Misconfigured),
        (429, json, String::new(), Kind::Unavailable),
        (500, json, r#"{"error":"invalid_token"}"#.into(), Kind::Unavailable),
        (503, json, String::new(), Kind::Unavailable),
    ] {
        let world = World::saying(&good("theirs"));
        world.put(ENDPOINT, Ok((status, kind_of, body.clone().into())));
        assert_eq!(kind(&world.exchanger()).await, expected, "{status} {body}");
    }
    for (fault, expected) in [
        (FetchErrorKind::Connect, Kind::Unavailable),
        (FetchErrorKind::Timeout, Kind::Unavailable),
        (FetchErrorKind::Broken, Kind::Unavailable),
        (FetchErrorKind::TooLarge, Kind::Unavailable),
        (FetchErrorKind::NotAllowed, Kind::Misconfigured),
        (FetchErrorKind::Settings, Kind::Misconfigured),
    ] {
        let world = World::saying(&good("theirs"));
        world.put(ENDPOINT, Err(fault));
        assert_eq!(kind(&world.exchanger()).await, expected, "{fault:?}");
    }
}

/// What each code means: at first, and where the same request has worked before.
#[tokio::test]
async fn refusals_mean_what_standards_and_providers_say() {
    let code = |code: &str| json!({"error": code, "error_description": "of ann, s3cr3t"});
    let sub = |error: &str, suberror: &str| json!({"error": error, "suberror": suberror});
    let claims = json!({"error": "invalid_grant", "claims": "{\"access_token\":{}}"});
    for (answer, first, later) in [
        (code("invalid_request"), Kind::Misconfigured, Kind::Login),
        (code("invalid_grant"), Kind::Misconfigured, Kind::Login),
        (code("invalid_token"), Kind::Login, Kind::Login),
        (sub("invalid_grant", "bad_token"), Kind::Login, Kind::Login),
        (sub("invalid_grant", "token_expired"), Kind::Login, Kind::Login),
        (sub("invalid_grant", "consent_required"), Kind::Consent, Kind::Consent),
        (sub("interaction_required", "consent_required"), Kind::Consent, Kind::Consent),
        (code("consent_required"), Kind::Consent, Kind::Consent),
        (code("interaction_required"), Kind::StepUp, Kind::StepUp),
        (code("login_required"), Kind::StepUp, Kind::StepUp),
        (sub("invalid_grant", "basic_action"), Kind::StepUp, Kind::StepUp),
        (sub("invalid_grant", "additional_action"), Kind::StepUp, Kind::StepUp),
        (claims, Kind::StepUp, Kind::StepUp),
        (code("invalid_scope"), Kind::Denied, Kind::Denied),
        (code("invalid_target"), Kind::Denied, Kind::Denied),
        (code("access_denied"), Kind::Denied, Kind::Denied),
        (code("temporarily_unavailable"), Kind::Unavailable, Kind::Unavailable),
        (code("invalid_client"), Kind::Misconfigured, Kind::Misconfigured),
        (code("unauthorized_client"), Kind::Misconfigured, Kind::Misconfigured),
        (code("unsupported_grant_type"), Kind::Misconfigured, Kind::Misconfigured),
        (code("something_else"), Kind::Misconfigured, Kind::Misconfigured),
    ] {
        let world = World::saying(&good("theirs"));
        let exchanger = world.exchange().memory(0).build().unwrap();
        world.replies(ENDPOINT, 400, &answer);
        assert_eq!(kind(&exchanger).await, first, "{answer}");
        world.says(&good("theirs"));
        token(&exchanger).await;
        world.replies(ENDPOINT, 400, &answer);
        assert_eq!(kind(&exchanger).await, later, "{answer}, after it worked");
        let other = ask(&exchanger, &Target::new().audience("mail")).await.unwrap_err();
        assert_eq!(other.kind(), first, "{answer}, for another target");
    }
}

fn told(error: &ExchangeError) -> Option<&Error> {
    error.source().and_then(|source| source.downcast_ref())
}

#[tokio::test]
async fn a_step_up_says_which_login_is_wanted() {
    let wants = |more: Value| {
        let mut answer = json!({"error": "insufficient_user_authentication"});
        answer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        answer
    };
    for (answer, max_age, acr) in [
        (wants(json!({"acr_values": "gold", "max_age": 60})), Some(60), Some("gold")),
        (wants(json!({"max_age": "60"})), Some(60), None),
        (wants(json!({"acr_values": "x".repeat(257)})), None, None),
        (json!({"error": "interaction_required"}), None, None),
    ] {
        let world = World::saying(&good("theirs"));
        world.replies(ENDPOINT, 400, &answer);
        let error = ask(&world.exchanger(), &reports()).await.unwrap_err();
        let step_up = Denial::StepUp {
            scopes: Scopes::none(),
            max_age: max_age.map(Duration::from_secs),
            acr: acr.map(str::to_owned),
        };
        assert_eq!(told(&error).and_then(Error::denial), Some(&step_up), "{answer}");
    }
}

#[test]
fn what_is_told_is_ours_and_nothing_of_theirs() {
    for (kind, status) in [
        (Kind::Login, Some(Denial::Unauthenticated)),
        (Kind::StepUp, Some(Denial::StepUp { max_age: None, acr: None, scopes: Scopes::none() })),
        (Kind::NoToken, None),
        (Kind::Consent, None),
        (Kind::Denied, None),
        (Kind::Unavailable, None),
    ] {
        let error = ExchangeError::new(kind);
        let told = told(&error).unwrap();
        assert_eq!(
            (told.denial(), told.is_shown()),
            (status.as_ref(), status.is_none()),
            "{kind:?}"
        );
    }
    assert!(told(&ExchangeError::new(Kind::Misconfigured)).is_none());
}

#[test]
fn what_may_be_ours_is_told_aloud_and_where_it_was() {
    let world = World::saying(&good("theirs"));
    let other = exchange("https://login.chat.example").client_secret("acme", "0th3r");
    let exchanger = presets::id_jag(world.exchange(), other).build().unwrap();
    let said = |code: &str| {
        let body = json!({"error": code}).to_string();
        let answer = Response::builder().status(400).header("content-type", "application/json");
        let answer = answer.body(Bytes::from(body)).unwrap();
        Trouble::Denied(answer::read(&answer, answer::Kind::AccessToken).unwrap_err())
    };
    for (code, kind, expected) in [
        ("invalid_grant", Kind::Login, Level::WARN),
        ("invalid_request", Kind::Login, Level::WARN),
        ("invalid_grant", Kind::Misconfigured, Level::ERROR),
        ("invalid_token", Kind::Login, Level::DEBUG),
        ("access_denied", Kind::Denied, Level::DEBUG),
        ("slow_down", Kind::Unavailable, Level::WARN),
    ] {
        let first = said(code);
        assert_eq!(level(&first, kind), expected, "{code}");
        assert_eq!(exchanger.0.blamed(&first).issuer, ISSUER);
        let second = Trouble::Redeeming(Box::new(first));
        assert_eq!(level(&second, kind), expected, "{code}");
        assert_eq!(exchanger.0.blamed(&second).issuer, "https://login.chat.example");
    }
}
