//! What is asked, of whom, in which words.

use super::*;
use crate::fetch::again::Repeatable;

fn pairs(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn a_token_is_asked_for_as_the_standard_says() {
    let world = World::saying(&good("theirs"));
    let target = Target::new()
        .audience("reports")
        .audience("mail")
        .resource("https://reports.example/api")
        .scopes(["a", "b"]);
    let exchanged = ask(&world.exchanger(), &target).await.unwrap();
    assert_eq!(
        (exchanged.expose(), exchanged.bearer().as_bytes()),
        ("theirs", &b"Bearer theirs"[..])
    );
    assert!(exchanged.bearer().is_sensitive());
    assert_eq!(exchanged.expires(), Some(UNIX_EPOCH + Duration::from_secs(NOW + 300)));
    let sent = world.sent(0);
    assert_eq!((sent.method().as_str(), sent.uri().to_string()), ("POST", ENDPOINT.to_owned()));
    assert_eq!(sent.headers()["authorization"], "Basic cG9ydGFsOnMzY3IzdA==");
    assert!(sent.headers()["authorization"].is_sensitive());
    assert!(sent.extensions().get::<Repeatable>().is_none(), "a token is made each time");
    let urn = "urn%3Aietf%3Aparams%3Aoauth%3A";
    let access = format!("{urn}token-type%3Aaccess_token");
    assert_eq!(
        world.fields(0),
        pairs(&[
            ("grant_type", &format!("{urn}grant-type%3Atoken-exchange")),
            ("subject_token", SUBJECT),
            ("subject_token_type", &access),
            ("requested_token_type", &access),
            ("audience", "reports"),
            ("audience", "mail"),
            ("resource", "https%3A%2F%2Freports.example%2Fapi"),
            ("scope", "a+b"),
        ])
    );
}

#[tokio::test]
async fn the_endpoint_is_found_in_the_issuers_own_metadata() {
    let place = "https://issuer.example/.well-known/oauth-authorization-server";
    let said = "https://issuer.example/sts";
    let discovered = |issuer: &str| {
        let world = World::saying(&good("theirs"));
        world.replies(said, 200, &good("found"));
        world.replies(place, 200, &json!({"issuer": issuer, "token_endpoint": said}));
        let exchanger = world.at(exchange(ISSUER)).build().unwrap();
        (world, exchanger)
    };
    let (world, exchanger) = discovered(ISSUER);
    assert_eq!(token(&exchanger).await, "found");
    assert_eq!(world.asked(), 2);
    let (world, exchanger) = discovered("https://evil.example");
    assert_eq!(kind(&exchanger).await, Kind::Unavailable);
    assert!((0..world.asked()).all(|at| world.sent(at).method() == "GET"), "no token is sent");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_gone_is_looked_for_anew() {
    let place = "https://issuer.example/.well-known/oauth-authorization-server";
    let [old, new] = ["https://issuer.example/old", "https://issuer.example/new"];
    for gone in [
        Ok((404, "text/plain", Vec::new())),
        Ok((410, "text/plain", Vec::new())),
        Err(FetchErrorKind::Connect),
    ] {
        let world = World::saying(&good("unused"));
        let named = |uri: &str| json!({"issuer": ISSUER, "token_endpoint": uri});
        world.replies(place, 200, &named(old)).replies(old, 200, &good("old"));
        let exchanger = world.at(exchange(ISSUER)).memory(0).build().unwrap();
        assert_eq!(token(&exchanger).await, "old");
        world.replies(place, 200, &named(new)).replies(new, 200, &good("new"));
        assert_eq!(token(&exchanger).await, "old", "as long as it answers");
        world.put(old, gone);
        kind(&exchanger).await;
        advance(Duration::from_secs(1)).await;
        assert_eq!(token(&exchanger).await, "new");
    }
}

/// What the second of two servers has against a grant, no login at the first mends.
#[tokio::test]
async fn what_another_organization_refuses_is_no_reason_to_log_in_here() {
    let target = Target::new().resource("https://api.chat.example/");
    for (error, first, later) in [
        ("invalid_grant", Kind::Misconfigured, Kind::Denied),
        ("invalid_token", Kind::Misconfigured, Kind::Denied),
        ("login_required", Kind::Misconfigured, Kind::Denied),
        ("access_denied", Kind::Denied, Kind::Denied),
        ("consent_required", Kind::Consent, Kind::Consent),
        ("temporarily_unavailable", Kind::Unavailable, Kind::Unavailable),
        ("invalid_client", Kind::Misconfigured, Kind::Misconfigured),
    ] {
        let world = World::saying(&assertion("the.jag"));
        let other = exchange(CHAT).endpoint(CHAT_TOKEN).client_secret("acme", "0th3r");
        let chat = presets::id_jag(world.exchange().memory(0), other).build().unwrap();
        world.replies(CHAT_TOKEN, 400, &json!({"error": error}));
        assert_eq!(ask(&chat, &target).await.unwrap_err().kind(), first, "{error}");
        world.replies(CHAT_TOKEN, 200, &good("chat"));
        ask(&chat, &target).await.unwrap();
        world.replies(CHAT_TOKEN, 400, &json!({"error": error}));
        assert_eq!(ask(&chat, &target).await.unwrap_err().kind(), later, "{error}");
        // Of the first it is still a login that is asked for.
        world.replies(ENDPOINT, 400, &json!({"error": "invalid_grant"}));
        assert_eq!(ask(&chat, &target).await.unwrap_err().kind(), Kind::Login);
    }
}

#[tokio::test]
async fn entra_is_asked_in_its_own_words() {
    let world = World::saying(&good("unused"));
    let endpoint = "https://login.microsoftonline.com/t1/oauth2/v2.0/token";
    let mut answer = good("graph");
    answer.as_object_mut().unwrap().remove("issued_token_type");
    world.replies(endpoint, 200, &answer);
    let exchanger = world.at(presets::entra_obo("t1")).build().unwrap();
    let target = Target::new().scopes(["https://graph.microsoft.com/User.Read", "offline_access"]);
    assert_eq!(ask(&exchanger, &target).await.unwrap().expose(), "graph");
    assert_eq!(
        world.fields(0),
        pairs(&[
            ("grant_type", "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"),
            ("assertion", SUBJECT),
            ("requested_token_use", "on_behalf_of"),
            ("scope", "https%3A%2F%2Fgraph.microsoft.com%2FUser.Read+offline_access"),
        ])
    );
}

const CHAT: &str = "https://login.chat.example";
const CHAT_TOKEN: &str = "https://login.chat.example/token";

fn chat(world: &World) -> Exchanger {
    let other = exchange(CHAT).endpoint(CHAT_TOKEN).client_secret("acme", "0th3r");
    presets::id_jag(world.exchange(), other).build().unwrap()
}

fn assertion(token: &str) -> Value {
    json!({
        "access_token": token, "token_type": "N_A", "expires_in": 60,
        "issued_token_type": "urn:ietf:params:oauth:token-type:id-jag",
    })
}

#[tokio::test]
async fn another_organization_is_asked_with_a_grant_and_never_with_the_callers_token() {
    let world = World::saying(&assertion("the.jag"));
    world.replies(CHAT_TOKEN, 200, &json!({"access_token": "chat", "token_type": "bearer"}));
    let target = Target::new().resource("https://api.chat.example/").scopes(["chat.read"]);
    assert_eq!(ask(&chat(&world), &target).await.unwrap().expose(), "chat");
    let urn = "urn%3Aietf%3Aparams%3Aoauth%3A";
    assert_eq!(
        world.fields(0),
        pairs(&[
            ("grant_type", &format!("{urn}grant-type%3Atoken-exchange")),
            ("subject_token", SUBJECT),
            ("subject_token_type", &format!("{urn}token-type%3Aaccess_token")),
            ("requested_token_type", &format!("{urn}token-type%3Aid-jag")),
            ("audience", "https%3A%2F%2Flogin.chat.example"),
            ("resource", "https%3A%2F%2Fapi.chat.example%2F"),
            ("scope", "chat.read"),
        ])
    );
    assert_eq!(world.sent(1).uri(), CHAT_TOKEN);
    assert_eq!(world.sent(1).headers()["authorization"], "Basic YWNtZTowdGgzcg==");
    let jwt_bearer = format!("{urn}grant-type%3Ajwt-bearer");
    assert_eq!(world.fields(1), pairs(&[("grant_type", &jwt_bearer), ("assertion", "the.jag")]));
}

#[tokio::test]
async fn what_is_no_grant_goes_to_nobody() {
    let target = Target::new().resource("https://api.chat.example/");
    // An access token; and the caller's own, under the name of a grant.
    for answer in [good("theirs"), assertion(SUBJECT)] {
        let world = World::saying(&answer);
        world.replies(CHAT_TOKEN, 200, &good("chat"));
        let error = ask(&chat(&world), &target).await.unwrap_err();
        assert_eq!((error.kind(), world.asked()), (Kind::Misconfigured, 1), "{answer}");
    }
}

#[tokio::test]
async fn a_token_that_comes_back_is_not_handed_out() {
    let world = World::saying(&good(SUBJECT));
    assert_eq!(kind(&world.exchanger()).await, Kind::Misconfigured);
    let world = World::saying(&assertion("the.jag"));
    world.replies(CHAT_TOKEN, 200, &good(SUBJECT));
    let target = Target::new().resource("https://api.chat.example/");
    let error = ask(&chat(&world), &target).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Misconfigured);
}

#[tokio::test]
async fn targets_that_cannot_be_are_not_asked_for() {
    let world = World::saying(&good("theirs"));
    let [plain, entra] =
        [world.exchange(), presets::entra_obo("t1")].map(|it| world.at(it).build().unwrap());
    let chat = chat(&world);
    for (exchanger, target) in [
        (&plain, Target::new()),
        (&plain, Target::new().audience("")),
        (&plain, Target::new().audience("a").scopes([" "])),
        (&entra, Target::new().audience("api://reports")),
        (&entra, Target::new().audience("api://reports").scopes(["api://reports/read"])),
        (&chat, Target::new().audience("https://other.example")),
    ] {
        let error = ask(exchanger, &target).await.unwrap_err();
        assert_eq!((error.kind(), world.asked()), (Kind::Misconfigured, 0), "{target:?}");
    }
}

#[tokio::test]
async fn who_has_no_token_here_is_told_so() {
    let world = World::saying(&good("theirs"));
    for caller in [Caller::Open, ann().into()] {
        let error = Context::new(caller).exchange(&reports()).await.unwrap_err();
        assert_eq!(error.kind(), Kind::NoToken);
    }
    let mut ended = ann();
    ended.expires = Some(UNIX_EPOCH + Duration::from_secs(NOW));
    let cx = context(&world.exchanger(), &ended, SUBJECT);
    assert_eq!(cx.exchange(&reports()).await.unwrap_err().kind(), Kind::Login);
    assert_eq!(world.asked(), 0);
}
