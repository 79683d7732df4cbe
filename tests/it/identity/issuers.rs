//! Two issuers whose subjects have the same names.

use serde_json::json;
use toolgate_auth::{issuers, jwt};
use toolgate_testkit::{AuthorizationServer, Token};

use super::{Ask, RESOURCE, Served, Session, asked, bound, old, old_call, server};

struct Two {
    staff: AuthorizationServer,
    partners: AuthorizationServer,
    served: Served,
}

impl Two {
    async fn start() -> Self {
        let staff = AuthorizationServer::start().await.expect("an issuer");
        let partners = AuthorizationServer::start().await.expect("an issuer");
        let auth = issuers([
            jwt(staff.issuer()).claims(|claims| claims.roles(["realm_access.roles"])),
            jwt(partners.issuer())
                .audience(["reports"])
                .claims(|claims| claims.clients(["partner-app"]).roles([] as [&str; 0])),
        ]);
        let http = bound().auth(auth.expect("settings that agree")).hosts(["127.0.0.1"]);
        let served = Served::start(server(), http).await;
        Self { staff, partners, served }
    }

    fn of_staff(&self) -> Token {
        let roles = json!({"roles": ["auditor"]});
        self.staff.token("ann").client("desk").audience(RESOURCE).claim("realm_access", roles)
    }

    fn of_partners(&self) -> Token {
        let roles = json!({"roles": ["auditor"]});
        let token = self.partners.token("ann").client("partner-app").audience("reports");
        token.claim("realm_access", roles.clone()).claim("roles", json!(["auditor"]))
    }
}

#[tokio::test]
async fn each_issuers_tokens_are_read_by_its_own_rules() {
    let two = Two::start().await;
    let staff = asked(&two.served, &two.of_staff().sign()).await.unwrap();
    assert_eq!(staff, format!("{} ann desk auditor", two.staff.issuer()));
    let partner = asked(&two.served, &two.of_partners().sign()).await.unwrap();
    assert_eq!(partner, format!("{} ann partner-app ", two.partners.issuer()));
}

#[tokio::test]
async fn what_one_issuer_may_the_other_may_not() {
    let two = Two::start().await;
    let audience = (401, "the token is for another audience".to_owned());
    for token in [two.of_staff().audience("reports"), two.of_partners().audience(RESOURCE)] {
        assert_eq!(asked(&two.served, &token.sign()).await, Err(audience.clone()));
    }
    let client = (403, "this client may not call".to_owned());
    let other = two.of_partners().client("desk").sign();
    assert_eq!(asked(&two.served, &other).await, Err(client));
    // In the name of the other, with its own key.
    let forged = two.of_partners().claim("iss", two.staff.issuer()).audience(RESOURCE).sign();
    let key = (401, "the token's key is not known".to_owned());
    assert_eq!(asked(&two.served, &forged).await, Err(key));
}

#[tokio::test]
async fn a_stranger_is_refused_and_nobody_is_asked_for_keys() {
    let two = Two::start().await;
    let stranger = AuthorizationServer::start().await.expect("an issuer");
    let token = stranger.token("ann").client("desk").audience(RESOURCE).sign();
    let issuer = (401, "the token is from another issuer".to_owned());
    assert_eq!(asked(&two.served, &token).await, Err(issuer));
    for nobody in [&stranger, &two.staff, &two.partners] {
        assert_eq!((nobody.metadata_requests(), nobody.jwks_requests()), (0, 0));
    }
}

#[tokio::test]
async fn a_session_of_one_is_none_of_the_others() {
    let two = Two::start().await;
    // The same client and subject, so that the issuer alone tells them apart.
    let (ann, other) = (two.of_staff().client("partner-app").sign(), two.of_partners().sign());
    let session = Session::begin(two.served.addr, &ann, old::LATEST).await;
    assert!(session.lives().await);
    let reply = session.with_token(&other).send(&old_call()).await;
    assert_eq!(reply.outcome(), (404, Some(-32001)));
    assert!(session.lives().await);
}

#[tokio::test]
async fn an_issuer_that_is_down_takes_nothing_from_the_other() {
    let two = Two::start().await;
    two.partners.go_down();
    let unavailable = (503, "authentication is unavailable".to_owned());
    assert_eq!(asked(&two.served, &two.of_partners().sign()).await, Err(unavailable));
    asked(&two.served, &two.of_staff().sign()).await.unwrap();
    let ask = Ask::get("/.well-known/oauth-protected-resource/mcp").with("Host", "mcp.example");
    let document = two.served.send(&ask).await.json();
    let both = json!([two.staff.issuer(), two.partners.issuer()]);
    assert_eq!(document["authorization_servers"], both);
}
