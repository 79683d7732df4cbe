//! How a question is put, to whom, and by which settings.

use super::*;
use crate::fetch::again::Repeatable;

#[tokio::test]
async fn tokens_that_cannot_be_are_not_asked_about() {
    let server = Server::saying(&good());
    let auth = builder(&server).leave_jwts().build().unwrap();
    assert!(matches!(ask(&auth, "a.b.c").await, Verdict::NotMine));
    let long = "x".repeat(16 * 1024 + 1);
    assert_eq!(refusal(ask(&auth, &long).await).message(), "the token is too long");
    assert_eq!(refusal(ask(&auth, "").await).reason(), Reason::Invalid);
    assert_eq!(server.asked(), 0);
    known(&builder(&server).build().unwrap(), "a.b.c").await;
}

#[tokio::test]
async fn a_question_with_a_secret_may_come_twice() {
    let server = Server::saying(&good());
    known(&builder(&server).build().unwrap(), TOKEN).await;
    assert!(server.last().extensions().get::<Repeatable>().is_some());
}

#[tokio::test]
async fn a_key_proves_who_asks() {
    let server = Server::saying(&good());
    let jwk = serde_json::to_vec(P256.as_ref()).unwrap();
    let pem = josekit::jwk::alg::ec::EcKeyPair::from_jwk(&P256).unwrap().to_pem_private_key();
    let keys = [
        ClientKey::from_jwk(Algorithm::Es256, jwk).unwrap().id("mine"),
        ClientKey::from_pem(Algorithm::Es256, pem).unwrap().id("mine"),
    ];
    let mut ids = Vec::new();
    for key in keys {
        let auth = builder(&server).private_key_jwt("reports", key).build().unwrap();
        known(&auth, TOKEN).await;
        assert!(server.last().headers().get("authorization").is_none());
        // It proves who asks once.
        assert!(server.last().extensions().get::<Repeatable>().is_none());
        let body = server.body();
        let value = |name: &str| &*body.iter().find(|(known, _)| known == name).unwrap().1;
        assert_eq!((value("token"), value("client_id")), (TOKEN, "reports"));
        let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
        assert_eq!(value("client_assertion_type"), kind);
        let (signed, signature) = value("client_assertion").rsplit_once('.').unwrap();
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
        let verifier = jws::ES256.verifier_from_jwk(&P256.to_public_key().unwrap()).unwrap();
        verifier.verify(signed.as_bytes(), &decode(signature)).unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let [header, claims]: [Value; 2] =
            [header, claims].map(|part| serde_json::from_slice(&decode(part)).unwrap());
        assert_eq!(header, json!({"alg": "ES256", "typ": "JWT", "kid": "mine"}));
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!("reports"), &json!("reports")));
        assert_eq!((&claims["aud"], &claims["exp"]), (&json!(ISSUER), &json!(NOW + 60)));
        ids.push(claims["jti"].clone());
    }
    assert_ne!(ids[0], ids[1]);
    assert!(ClientKey::from_pem(Algorithm::Rs256, "s3cr3t").is_err());
    let wrong = ClientKey::from_jwk(Algorithm::Es384, serde_json::to_vec(P256.as_ref()).unwrap());
    assert!(!wrong.unwrap_err().to_string().contains("\"d\""));
}

/// A server whose metadata is at one place, and which introspects wherever it is asked.
struct Discovered(Server, String, Value);

impl Fetch for Discovered {
    fn fetch(&self, request: Asked<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, FetchError>> {
        if request.method() == "POST" {
            return self.0.fetch(request);
        }
        let (status, body) = if request.uri().to_string() == self.1 {
            (200, self.2.to_string())
        } else {
            (404, String::new())
        };
        self.0.asked.lock().unwrap().push(request);
        Box::pin(async move { Ok(Response::builder().status(status).body(body.into()).unwrap()) })
    }
}

#[tokio::test]
async fn the_endpoint_is_found_in_the_issuers_own_metadata() {
    let metadata =
        json!({"issuer": ISSUER, "introspection_endpoint": "https://issuer.example/ask"});
    let place = "https://issuer.example/.well-known/openid-configuration";
    let server = Server::saying(&good());
    let discovered = |metadata: &Value| {
        introspection(ISSUER)
            .client_secret("reports", "s3cr3t")
            .clock(crate::jwt::tests::kit::now)
            .fetch(Discovered(server.clone(), place.to_owned(), metadata.clone()))
            .build()
            .unwrap()
    };
    let auth = discovered(&metadata);
    known(&auth, TOKEN).await;
    assert_eq!(server.last().uri(), "https://issuer.example/ask");
    assert_eq!(server.asked(), 3);
    known(&auth, "another").await;
    assert_eq!(server.asked(), 4, "found once");
    for (member, value) in [
        ("issuer", json!("https://evil.example")),
        ("introspection_endpoint", json!("http://issuer.example/ask")),
        ("introspection_endpoint", json!("/ask")),
        ("introspection_endpoint", json!(null)),
    ] {
        let mut metadata = metadata.clone();
        metadata[member] = value;
        let verdict = ask(&discovered(&metadata), TOKEN).await;
        assert!(matches!(verdict, Verdict::Unavailable { .. }), "{metadata}: {verdict:?}");
        assert_ne!(server.last().method(), "POST", "{metadata}");
    }
}

/// A server that has moved where it introspects, and says so in its metadata.
struct Moved(Server, Arc<Mutex<(u64, Reply)>>);

impl Fetch for Moved {
    fn fetch(&self, request: Asked<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, FetchError>> {
        let (place, old) = self.1.lock().unwrap().clone();
        if request.method() == "GET" {
            let endpoint = format!("{ISSUER}/ask/{place}");
            let metadata = json!({"issuer": ISSUER, "introspection_endpoint": endpoint});
            self.0.asked.lock().unwrap().push(request);
            let answer = Response::new(metadata.to_string().into());
            return Box::pin(async move { Ok(answer) });
        }
        if request.uri().path() == format!("/ask/{place}") {
            return self.0.fetch(request);
        }
        self.0.asked.lock().unwrap().push(request);
        Box::pin(async move {
            let (status, _, body) = old.map_err(FetchError::new)?;
            Ok(Response::builder().status(status).body(body.into()).unwrap())
        })
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_gone_is_looked_for_anew() {
    let status = |status| Ok((status, "text/plain", Vec::new()));
    for (old, again) in [
        (status(404), true),
        (status(410), true),
        (Err(FetchErrorKind::Connect), true),
        (status(503), false),
        (Err(FetchErrorKind::Timeout), false),
    ] {
        let server = Server::saying(&good());
        let place = Arc::new(Mutex::new((1, old.clone())));
        let auth = introspection(ISSUER).client_secret("reports", "s3cr3t");
        let auth = auth.clock(crate::jwt::tests::kit::now);
        let auth = auth.fetch(Moved(server.clone(), place.clone())).build().unwrap();
        known(&auth, TOKEN).await;
        place.lock().unwrap().0 = 2;
        for _ in 0..2 {
            let verdict = ask(&auth, "another").await;
            let unavailable = matches!(verdict, Verdict::Unavailable { .. });
            advance(Duration::from_secs(1)).await;
            if !unavailable {
                break;
            }
        }
        let found = server.last().uri().path() == "/ask/2";
        assert_eq!(found, again, "{old:?}");
    }
    let server = Server::saying(&good());
    server.replies(Ok((404, "text/plain", Vec::new())));
    let auth = builder(&server).build().unwrap();
    for token in [TOKEN, "another"] {
        ask(&auth, token).await;
    }
    assert_eq!((server.asked(), server.last().uri().path()), (2, "/introspect"), "it was said");
}

#[test]
fn settings_that_cannot_be_used_are_told() {
    let server = Server::saying(&good());
    let with = || builder(&server);
    let second = Duration::from_secs(1);
    for (builder, expected) in [
        (introspection("issuer.example").client_secret("a", "b"), "the issuer"),
        (introspection(ISSUER), "client_secret"),
        (introspection(ISSUER).client_secret("a", ""), "client_secret"),
        (introspection(ISSUER).client_secret("", "b"), "client_secret"),
        (with().endpoint("http://issuer.example/x"), "`endpoint`"),
        (with().audience([""]), "`audience`"),
        (with().danger().accept_without_audience("", "x"), "accept_without_audience"),
        (with().leeway(second * 301), "`leeway`"),
        (with().timeout(Duration::ZERO), "`timeout`"),
        (with().remember(second * 3601, second), "`remember`"),
        (with().claims(|claims| claims.clients([""])), "`clients`"),
        (presets::google([] as [&str; 0]), "`audience`"),
    ] {
        let error = builder.build().unwrap_err();
        assert!(error.problems().iter().any(|one| one.contains(expected)), "{expected}: {error}");
    }
    let card = with().audience(["api"]).principal(|_| Ok(1_u8)).build().unwrap().card();
    assert_eq!((card.authorization_servers.len(), card.needs_resource), (1, false));
    assert_eq!(card.principals.len(), 1);
}

#[test]
fn what_every_answer_has_names_no_audience() {
    let server = Server::saying(&good());
    for claim in ["aud", "iss", "exp", "nbf", "iat", "active", "token_type", "scope"] {
        let builder = builder(&server).danger().accept_without_audience(claim, "Bearer");
        let Err(error) = builder.build() else { panic!("{claim} is accepted") };
        assert!(
            matches!(error.problems(), [one] if one.contains("whom the token is for")),
            "{claim}: {error}"
        );
    }
}

#[tokio::test]
async fn debug_shows_no_secret_and_no_token() {
    let server = Server::saying(&good());
    let builder = builder(&server);
    let auth = builder.clone().build().unwrap();
    let verdict = ask(&auth, TOKEN).await;
    let shown = format!("{builder:?} {auth:?} {verdict:?}");
    assert!(!shown.contains("s3cr3t") && !shown.contains(TOKEN), "{shown}");
}

#[tokio::test]
async fn without_audience_by_another_claim_alone() {
    let server = Server::saying(&without("aud"));
    let accepts = |client| builder(&server).danger().accept_without_audience("client_id", client);
    known(&accepts("desk").build().unwrap(), TOKEN).await;
    refusal(ask(&accepts("phone").build().unwrap(), TOKEN).await);
}
