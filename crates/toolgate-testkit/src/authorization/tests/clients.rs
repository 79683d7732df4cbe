//! Clients that introduce themselves, by registration or by their name.

use serde_json::{Value, json};

use super::{
    Reply, fetch,
    login::{BACK, begin, code, described, redeem},
    post, refused, send,
};
use crate::{AuthorizationServer, authorization::register};

async fn registers(server: &AuthorizationServer, told: &Value) -> Reply {
    let json = [("Content-Type", "application/json")];
    send(server, "POST", "/register", &json, &told.to_string()).await.unwrap()
}

#[tokio::test]
async fn a_client_registers_and_logs_people_in() {
    let server = described().start().await.unwrap();
    let told = json!({"client_name": "App", "redirect_uris": [BACK], "scope": "a b",
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        "token_endpoint_auth_method": "none"});
    let reply = registers(&server, &told).await;
    assert!(reply.head.contains("access-control-allow-origin: *"), "{}", reply.head);
    let (status, said) = (reply.status, reply.json());
    assert_eq!(status, 201, "{said}");
    for (name, value) in told.as_object().unwrap() {
        assert_eq!(&said[name], value);
    }
    assert!(said.get("client_secret").is_none());
    let named = [("client_id", said["client_id"].as_str().unwrap())];
    assert!(begin(&server, &named).await.body.contains("<b>App</b>"));
    let tokens = redeem(&server, &code(&server, &named).await, &named).await.json();
    assert!(tokens["access_token"].is_string() && tokens["refresh_token"].is_string());
    let more = [named[0], ("scope", "c")];
    let reply = begin(&server, &more).await;
    assert_eq!(reply.back().1.one("error").unwrap(), Some("invalid_scope"));
}

#[tokio::test]
async fn a_client_that_can_keep_a_secret_gets_one() {
    let server = described().start().await.unwrap();
    let said = registers(&server, &json!({"redirect_uris": [BACK]})).await.json();
    assert_eq!(said["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!(said["client_secret_expires_at"], 0);
    let named = [("client_id", said["client_id"].as_str().unwrap())];
    let text = code(&server, &named).await;
    refused(&redeem(&server, &text, &named).await, 401, "invalid_client");
    let proven = [named[0], ("client_secret", said["client_secret"].as_str().unwrap())];
    let tokens = redeem(&server, &text, &proven).await.json();
    // It did not say that it wants to refresh.
    assert!(tokens["access_token"].is_string() && tokens.get("refresh_token").is_none());
    // Nor may it do what only declared clients may.
    let own = [("grant_type", "client_credentials"), proven[0], proven[1]];
    refused(&post(&server, "/token", &own).await, 400, "unauthorized_client");
}

#[tokio::test]
async fn what_is_no_client_is_not_registered() {
    let server = described().start().await.unwrap();
    for (told, error) in [
        (json!({}), "invalid_redirect_uri"),
        (json!({"redirect_uris": []}), "invalid_redirect_uri"),
        (json!({"redirect_uris": ["javascript:alert(1)"]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": vec![BACK; 17]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": [7]}), "invalid_client_metadata"),
        (json!({"redirect_uris": [BACK], "client_name": 7}), "invalid_client_metadata"),
        (
            json!({"redirect_uris": [BACK], "grant_types": ["client_credentials"]}),
            "invalid_client_metadata",
        ),
        (json!({"redirect_uris": [BACK], "response_types": ["token"]}), "invalid_client_metadata"),
        (
            json!({"redirect_uris": [BACK], "token_endpoint_auth_method": "private_key_jwt"}),
            "invalid_client_metadata",
        ),
        (json!([]), "invalid_client_metadata"),
    ] {
        refused(&registers(&server, &told).await, 400, error);
    }
}

#[tokio::test]
async fn so_many_register_and_then_the_first_is_forgotten() {
    let server = described().start().await.unwrap();
    let told = json!({"redirect_uris": [BACK], "token_endpoint_auth_method": "none"});
    let first = registers(&server, &told).await.json();
    let named = [("client_id", first["client_id"].as_str().unwrap())];
    let text = told.to_string();
    for _ in 1..1_000 {
        register::answer(&server.state, text.as_bytes()).unwrap();
    }
    assert_eq!(begin(&server, &named).await.status, 200);
    registers(&server, &told).await;
    assert_eq!(begin(&server, &named).await.status, 400);
}

#[tokio::test]
async fn a_client_is_described_at_its_name() {
    let app = "https://app.example/client.json";
    let liar = "https://liar.example/client.json";
    let server = described().client_documents(move |url| async move {
        // One that says it is somebody else.
        [app, liar].contains(&&*url).then(|| {
            json!({"client_id": app, "client_name": "App",
            "redirect_uris": [BACK], "token_endpoint_auth_method": "none"})
        })
    });
    let server = server.start().await.unwrap();
    let metadata = fetch(&server, "/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["client_id_metadata_document_supported"], true);
    let named = [("client_id", app)];
    assert!(begin(&server, &named).await.body.contains("<b>App</b>"));
    let tokens = redeem(&server, &code(&server, &named).await, &named).await.json();
    assert!(tokens["access_token"].is_string());
    for unknown in [liar, "https://nobody.example/client.json", "https://app.example/../x"] {
        assert_eq!(begin(&server, &[("client_id", unknown)]).await.status, 400);
    }
}
