//! Tokens of Entra ID, in both of their versions.

use super::*;

pub(super) const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
const API: &str = "6e74172b-be56-4843-9ff4-e66a39bb12e3";

// Microsoft, "Access tokens in the Microsoft identity platform", "Token formats", the example of v2.0, whose
// client is the API itself:
// https://learn.microsoft.com/en-us/entra/identity-platform/access-tokens#token-formats
// Claims: https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference
fn entra_example() -> Example {
    Example {
        keys_at: "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/discovery/v2.0/keys",
        discovered: true,
        keys: set(include_str!("../../jwt/tests/fixtures/entra.json")),
        header: json!({"typ": "JWT", "alg": "RS256", "kid": ""}),
        claims: json!({
            "aud": API, "iss": format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
            "iat": 0, "nbf": 0, "exp": 0, "aio": "AXQAi/8IAAAA", "azp": API, "azpacr": "0",
            "name": "Ada", "oid": "690222be-ff1a-4d56-abd1-7e4f7d38e474",
            "preferred_username": "ada@example.com", "rh": "I", "scp": "access_as_user",
            "sub": "HKZpfaHyWadeOouYlitjrI", "tid": TENANT, "uti": "fqiBqXLPj0eQa82S", "ver": "2.0",
        }),
    }
}

#[tokio::test]
async fn entra_is_read() {
    let tenant = || entra(TENANT).audience([API]);
    let identity = entra_example().judged(tenant()).await.unwrap();
    assert_eq!(read(&identity), (Some(API), String::new(), "access_as_user".into()));
    // A user to whom a role is assigned.
    let user = entra_example().with("roles", json!(["Reader"]));
    let identity = user.judged(tenant()).await.unwrap();
    assert_eq!(read(&identity), (Some(API), "Reader".into(), "access_as_user".into()));
    // An application of its own: roles, and no scopes; without a role neither.
    let application =
        || entra_example().without("scp").without("name").without("preferred_username");
    let with_role = application().with("roles", json!(["Reports.Read.All"]));
    let identity = with_role.judged(tenant()).await.unwrap();
    assert_eq!(read(&identity), (Some(API), "Reports.Read.All".into(), String::new()));
    let identity = application().judged(tenant()).await.unwrap();
    assert_eq!(read(&identity), (Some(API), String::new(), String::new()));
    // An ID token for the application that this server is: its audience is right.
    let id_token = || entra_example().without("azp").without("azpacr").without("scp");
    refused(id_token(), tenant(), OTHER).await;
    refused(id_token().with("nonce", json!("n")), tenant(), ID_TOKEN).await;
    refused(entra_example().with("tid", json!("other")), tenant(), OTHER).await;
    refused(entra_example().with("ver", json!("1.0")), tenant(), OTHER).await;
}

/// What tokens call `access_as_user`, clients have to ask for under the resource.
#[test]
fn scopes_are_asked_for_under_the_resource() {
    for tokens in [entra(TENANT), entra_v1(TENANT)] {
        let card = tokens.audience([API]).build().unwrap().card();
        assert_eq!(card.scope_prefix, Some(ScopePrefix::Resource));
    }
    let other = entra(TENANT).audience([API]).scope_prefix(Some(ScopePrefix::from("api://x/")));
    assert_eq!(other.build().unwrap().card().scope_prefix, Some("api://x/".into()));
    assert_eq!(entra(TENANT).scope_prefix(None).build().unwrap().card().scope_prefix, None);
}

/// With the settings that the preset's page shows.
#[tokio::test]
async fn a_national_clouds_tokens_are_read_and_its_id_tokens_refused() {
    let issuer = format!("https://login.microsoftonline.us/{TENANT}/v2.0");
    let cloud = || {
        let tokens = jwt(&*issuer).algorithms([Algorithm::Rs256]).audience([API]);
        let tokens = tokens.require_claim("azp").require_value("ver", ["2.0"]);
        tokens
            .require_value("tid", [TENANT])
            .claims(|claims| claims.client_claims(["azp"]).roles(["roles"]).scopes(["scp"]))
    };
    let theirs = || Example {
        keys_at: "https://login.microsoftonline.us/72f988bf-86f1-41af-91ab-2d7cd011db47/discovery/v2.0/keys",
        ..entra_example().with("iss", json!(issuer))
    };
    let identity = theirs().judged(cloud()).await.unwrap();
    assert_eq!(read(&identity), (Some(API), String::new(), "access_as_user".into()));
    refused(theirs().without("azp").without("azpacr").without("scp"), cloud(), OTHER).await;
    refused(theirs(), entra(TENANT).audience([API]), ELSEWHERE).await;
}

// As above, the example of v1.0. Its tenant is ours, since it names two.
fn entra_v1_example() -> Example {
    Example {
        keys_at: "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/discovery/keys",
        // Where the keys are is the preset's own word.
        discovered: false,
        keys: set(include_str!("../../jwt/tests/fixtures/entra.json")),
        header: json!({"typ": "JWT", "alg": "RS256", "x5t": "", "kid": ""}),
        claims: json!({
            "aud": "ef1da9d4-ff77-4c3e-a005-840c3f830745",
            "iss": format!("https://sts.windows.net/{TENANT}/"), "iat": 0, "nbf": 0, "exp": 0,
            "acr": "1", "aio": "AXQAi/8IAAAA", "amr": ["wia"],
            "appid": "75dbe77f-10a3-4e59-85fd-8c127544f17c", "appidacr": "0",
            "email": "ada@example.com", "family_name": "Lovelace", "given_name": "Ada",
            "idp": format!("https://sts.windows.net/{TENANT}/"), "ipaddr": "192.0.2.7", "name": "ada",
            "oid": "02223b6b-aa1d-42d4-9ec0-1b2bb9194438", "rh": "I", "scp": "user_impersonation",
            "sub": "l3_roISQU222bULS9yi2k0", "tid": TENANT, "unique_name": "ada@example.com",
            "uti": "fqiBqXLPj0eQa82S", "ver": "1.0",
        }),
    }
}

#[tokio::test]
async fn entra_v1_is_read() {
    let both = ["api://reports", "ef1da9d4-ff77-4c3e-a005-840c3f830745"];
    let tenant = || entra_v1(TENANT).audience(both);
    let identity = entra_v1_example().judged(tenant()).await.unwrap();
    let client = Some("75dbe77f-10a3-4e59-85fd-8c127544f17c");
    assert_eq!(read(&identity), (client, String::new(), "user_impersonation".into()));
    // By the id URI, with a slash and without, as the client asked.
    for audience in ["api://reports", "api://reports/"] {
        entra_v1_example().with("aud", json!(audience)).judged(tenant()).await.unwrap();
    }
    refused(entra_v1_example().without("appid"), tenant(), OTHER).await;
    refused(entra_v1_example().with("ver", json!("2.0")), tenant(), OTHER).await;
    refused(entra_v1_example(), entra(TENANT).audience(both), ELSEWHERE).await;
}
