//! Google's words.

use super::*;

// Google Cloud, "Token types", "Access token contents":
// https://cloud.google.com/docs/authentication/token-types#access-contents
fn google_example() -> Value {
    json!({
        "azp": "1234.apps.googleusercontent.com", "aud": "1234.apps.googleusercontent.com",
        "sub": "107900000000000000000",
        "scope": "https://www.googleapis.com/auth/userinfo.email openid",
        "exp": (NOW + 300).to_string(), "expires_in": "300", "email": "ada@example.com",
        "email_verified": "true",
    })
}

#[tokio::test]
async fn google_is_asked_in_its_own_words() {
    let server = Server::saying(&google_example());
    let google = |client: &str| {
        let builder = presets::google([client]).fetch(server.clone());
        builder.clock(crate::jwt::tests::kit::now).build().unwrap()
    };
    let ours = google("1234.apps.googleusercontent.com");
    let identity = known(&ours, "ya29.a0Af").await;
    assert_eq!(&*identity.key.issuer, "https://accounts.google.com");
    assert_eq!(identity.key.client.as_deref(), Some("1234.apps.googleusercontent.com"));
    assert!(identity.scopes.contains("openid"));
    assert_eq!(identity.expires, Some(UNIX_EPOCH + Duration::from_secs(NOW + 330)));
    let asked = server.last();
    assert_eq!(asked.uri(), "https://oauth2.googleapis.com/tokeninfo", "no token in the URL");
    assert_eq!(
        (&**asked.body(), asked.headers().get("authorization")),
        (&b"access_token=ya29.a0Af"[..], None)
    );
    let other = refusal(ask(&google("5678.apps.googleusercontent.com"), "ya29.b").await);
    assert_eq!(other.message(), "the token is for another audience");
    let error = br#"{"error":"invalid_token","error_description":"Invalid Value"}"#.to_vec();
    server.replies(Ok((400, "application/json; charset=utf-8", error)));
    assert_eq!(refusal(ask(&ours, "ya29.c").await).message(), "the token is not active");
    server.replies(Ok((400, "application/json", br#"{"error":"server_error"}"#.to_vec())));
    assert!(matches!(ask(&ours, "ya29.d").await, Verdict::Unavailable { .. }));
    // As older hosts of the service say it; nothing else without `error` says it.
    let said = |body: &str| Ok((400, "application/json", body.as_bytes().to_vec()));
    server.replies(said(r#"{"error_description":"Invalid Value"}"#));
    assert_eq!(refusal(ask(&ours, "ya29.o").await).message(), "the token is not active");
    for (token, unclear) in [
        ("ya29.p", r#"{"error_description":"Try again"}"#),
        ("ya29.q", r#"{"error":null,"error_description":"Invalid Value"}"#),
        ("ya29.r", r#"{"error":"server_error","error_description":"Invalid Value"}"#),
        ("ya29.s", "{}"),
    ] {
        server.replies(said(unclear));
        let verdict = ask(&ours, token).await;
        assert!(matches!(verdict, Verdict::Unavailable { .. }), "{unclear}: {verdict:?}");
    }
    let mut nobody = google_example();
    nobody.as_object_mut().unwrap().remove("sub");
    server.says(&nobody);
    assert_eq!(refusal(ask(&ours, "ya29.n").await).message(), "the token has no subject");
    let mut endless = google_example();
    endless["exp"] = json!("soon");
    server.says(&endless);
    assert!(matches!(ask(&ours, "ya29.e").await, Verdict::Unavailable { .. }));
}
