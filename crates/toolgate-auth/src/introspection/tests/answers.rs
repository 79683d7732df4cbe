//! What each answer is worth.

use super::*;

#[tokio::test]
async fn an_active_token_is_an_identity() {
    let server = Server::saying(&good());
    let auth = builder(&server).build().unwrap();
    let identity = known(&auth, TOKEN).await;
    assert_eq!((&*identity.key.issuer, &*identity.key.subject), (ISSUER, "ann"));
    assert_eq!(identity.key.client.as_deref(), Some("desk"));
    assert_eq!(identity.scopes.to_string(), "a b");
    assert!(identity.roles.contains("auditor"));
    assert_eq!(identity.expires, Some(UNIX_EPOCH + Duration::from_secs(NOW + 330)));
    assert_eq!(identity.token_id.as_deref(), Some("t1"));
    assert_eq!(format!("{:?}", identity.ext), "TypeMap(0 values)");
    let asked = server.last();
    assert_eq!((asked.method().as_str(), &*asked.uri().to_string()), ("POST", ENDPOINT));
    assert_eq!(asked.headers()["content-type"], "application/x-www-form-urlencoded");
    // `reports:s3cr3t`.
    assert_eq!(asked.headers()["authorization"], "Basic cmVwb3J0czpzM2NyM3Q=");
    assert_eq!(&**asked.body(), b"token=opaque-token-1&token_type_hint=access_token");
}

#[tokio::test]
async fn members_that_may_be_missing_may() {
    let server =
        Server::saying(&json!({"active": true, "sub": "ann", "aud": [RESOURCE], "exp": NOW + 9}));
    let identity = known(&builder(&server).build().unwrap(), TOKEN).await;
    assert_eq!((&*identity.key.issuer, identity.key.client.as_deref()), (ISSUER, None));
}

const NO_SUBJECT: &str = "the token has no subject";

/// An answer with a client, and nobody else unless `user` says so.
fn of_client(user: Option<(&str, Value)>) -> Value {
    let mut answer =
        json!({"active": true, "client_id": "desk", "aud": [RESOURCE], "exp": NOW + 9});
    if let Some((name, value)) = user {
        answer[name] = value;
    }
    answer
}

#[tokio::test]
async fn a_client_is_nobody_unless_that_was_said() {
    for answer in [without("sub"), of_client(None)] {
        let server = Server::saying(&answer);
        let refusal = refusal(ask(&builder(&server).build().unwrap(), TOKEN).await);
        assert_eq!(refusal.message(), NO_SUBJECT, "{answer}");
    }
    let server = Server::saying(&of_client(None));
    let auth = builder(&server).clients_without_subject().build().unwrap();
    let identity = known(&auth, TOKEN).await;
    // The token of a client is of the client.
    assert_eq!((&*identity.key.issuer, &*identity.key.subject), (ISSUER, "desk"));
    assert_eq!(identity.key.client.as_deref(), Some("desk"));
    // A subject that is there counts, whatever it is.
    server.says(&of_client(Some(("sub", json!("ann")))));
    assert_eq!(&*known(&auth, "of-ann").await.key.subject, "ann");
    server.says(&of_client(Some(("sub", Value::Null))));
    assert_eq!(refusal(ask(&auth, "of-nobody").await).message(), NO_SUBJECT);
}

#[tokio::test]
async fn two_users_of_one_client_are_never_one_caller() {
    let server = Server::saying(&good());
    for auth in [builder(&server), builder(&server).clients_without_subject()] {
        let auth = auth.build().unwrap();
        for name in ["username", "user_name", "user_id", "uid"] {
            for (at, user) in
                [json!("ann"), json!("bob"), json!(7), Value::Null].into_iter().enumerate()
            {
                server.says(&of_client(Some((name, user.clone()))));
                let verdict = ask(&auth, &format!("{name}-{at}")).await;
                assert_eq!(refusal(verdict).message(), NO_SUBJECT, "{name}: {user}");
            }
        }
    }
}

/// An answer, and what the peer is told: 401 for the token, or nothing decided.
#[tokio::test]
async fn each_answer_is_refused_for_what_it_is() {
    let audience = "the token is for another audience";
    let not_yet = "the token is not valid yet";
    let id_token = "an ID token is not an access token";
    let bound = "the token is bound to a key, and the key was not proven";
    for (answer, message) in [
        (json!({"active": false}), "the token is not active"),
        (with("active", json!(false)), "the token is not active"),
        (with("aud", json!("https://other.example")), audience),
        (with("aud", json!(["desk", 1])), audience),
        (without("aud"), audience),
        (with("iss", json!("https://evil.example")), "the token is from another issuer"),
        (with("iss", json!("https://issuer.example/")), "the token is from another issuer"),
        (with("exp", json!(NOW - 30)), "the token has expired"),
        (with("exp", json!((NOW + 300).to_string())), "the token has expired"),
        (without("exp"), "the token has expired"),
        (with("nbf", json!(NOW + 31)), not_yet),
        (with("iat", json!(NOW + 31)), not_yet),
        (with("sub", json!("")), "the token has no subject"),
        (with("sub", json!(7)), "the token has no subject"),
        (with("nonce", json!("n")), id_token),
        (with("token_use", json!("id")), id_token),
        (with("token_use", json!("refresh_token")), id_token),
        (with("typ", json!("Refresh")), "a refresh token is not an access token"),
        (with("cnf", json!({"jkt": "abc"})), bound),
        (with("token_type", json!("DPoP")), bound),
        (with("token_type", json!("N_A")), "the token is of another type"),
        (with("token_type", json!(["Bearer"])), "the token is of another type"),
    ] {
        let server = Server::saying(&answer);
        let refusal = refusal(ask(&builder(&server).build().unwrap(), TOKEN).await);
        assert_eq!((refusal.reason(), refusal.message()), (Reason::Invalid, message), "{answer}");
        assert!(!refusal.logged().contains("evil"), "{}", refusal.logged());
    }
    let hydra = Server::saying(&with("token_use", json!("access_token")));
    known(&builder(&hydra).build().unwrap(), TOKEN).await;
}

#[tokio::test]
async fn what_is_no_answer_lets_nobody_in_and_starts_no_login() {
    let json = |text: &str| Ok((200, "application/json", text.as_bytes().to_vec()));
    let large = format!(r#"{{"active":true,"pad":"{}"}}"#, "x".repeat(64 * 1024));
    let whole = good().to_string();
    let replies: Vec<Reply> = vec![
        json("{}"),
        json(r#"{"active":"true"}"#),
        json(r#"{"active":1}"#),
        json(r#"{"active":null}"#),
        json(r#"[{"active":true}]"#),
        json("true"),
        json(""),
        json(&large),
        json(&whole.replacen('{', r#"{"active":false,"#, 1)),
        json(&whole.replacen('{', r#"{"sub":"root","#, 1)),
        json(&"[".repeat(1000)),
        Ok((200, "text/html", whole.clone().into())),
        Ok((200, "text/plain; charset=application/json", whole.clone().into())),
        Ok((200, "application/token-introspection+jwt", whole.clone().into())),
        Ok((201, "application/json", whole.clone().into())),
        Ok((302, "application/json", whole.clone().into())),
        Ok((400, "application/json", br#"{"error":"invalid_token"}"#.to_vec())),
        Ok((500, "application/json", whole.clone().into())),
        Err(FetchErrorKind::Connect),
        Err(FetchErrorKind::Timeout),
        Err(FetchErrorKind::TooLarge),
    ];
    for reply in replies {
        let server = Server::saying(&good());
        server.replies(reply.clone());
        let auth = builder(&server).build().unwrap();
        let verdict = ask(&auth, TOKEN).await;
        assert!(matches!(verdict, Verdict::Unavailable { .. }), "{reply:?}: {verdict:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_this_server_is_its_failure() {
    let html = b"<p>no</p>".to_vec();
    for reply in [
        Ok((401, "text/html", html.clone())),
        Ok((403, "text/html", html)),
        Err(FetchErrorKind::NotAllowed),
    ] {
        let server = Server::saying(&good());
        server.replies(reply);
        let verdict = ask(&builder(&server).build().unwrap(), TOKEN).await;
        assert!(matches!(verdict, Verdict::Failed(_)), "{verdict:?}");
    }
    let server = Server::saying(&good());
    let request = Request { token: TOKEN.into(), resource: "" };
    let auth = builder(&server).build().unwrap();
    let verdict = auth.authenticate(&Credentials::new(request)).await;
    assert!(matches!(verdict, Verdict::Failed(_)), "no audience: {verdict:?}");
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn a_token_that_its_issuer_will_not_look_at_is_refused() {
    let server = Server::saying(&good());
    let body = br#"{"error":"unsupported_token_type"}"#.to_vec();
    server.replies(Ok((400, "application/json; charset=utf-8", body)));
    let refusal = refusal(ask(&builder(&server).build().unwrap(), TOKEN).await);
    assert_eq!((refusal.reason(), refusal.message()), (Reason::Invalid, "the token is not active"));
}
