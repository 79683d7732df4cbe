//! Tokens that are bound to a certificate: over which connections they count, signed and opaque ones.

use super::{opaque::Server, *};
use crate::{
    bound::certificate,
    chain,
    jwt::issuers,
    rules::{Rule, Rules},
    table::{Family, Row},
};

const OWN: &[u8] = b"the caller's certificate";
const NOT_SHOWN: &str = "the token is bound to a certificate that this connection has not shown";
const UNCERTIFIED: &str = "the token is not bound to a certificate";

/// What a token is bound to, and what the connection has shown.
pub(crate) struct Pairing {
    thumbprint: String,
    shown: Option<Vec<u8>>,
}

pub(crate) const TABLE: Family<Rule, Pairing> = Family {
    name: "bound token",
    rules: &[Rule::Certificate],
    rows: ROWS,
    good: || Pairing { thumbprint: certificate::of(OWN), shown: Some(OWN.to_vec()) },
    judge: |it, off| {
        let rules = off.map_or_else(Rules::default, Rules::without);
        let judged = certificate::judge(&it.thumbprint, it.shown.as_deref(), rules);
        judged.map_err(|fault| fault.rule())
    },
    shows: |rule| rule,
};

const ROWS: &[Row<Rule, Pairing>] = &[
    ("over a connection without certificate", Rule::Certificate, |it| it.shown = None),
    ("over a connection with another", Rule::Certificate, |it| it.shown = Some(b"bob's".to_vec())),
    ("over a connection with an empty one", Rule::Certificate, |it| it.shown = Some(Vec::new())),
    ("over a connection with its own, and more", Rule::Certificate, |it| {
        it.shown = Some([OWN, b" "].concat());
    }),
    ("the thumbprint padded", Rule::Certificate, |it| it.thumbprint += "="),
    ("the thumbprint in another case", Rule::Certificate, |it| {
        it.thumbprint.make_ascii_lowercase()
    }),
    ("the certificate in place of its thumbprint", Rule::Certificate, |it| {
        it.thumbprint = String::from_utf8(OWN.to_vec()).unwrap();
    }),
];

/// A request over a connection with a certificate, or with none.
struct Connected(Request, Option<&'static [u8]>);

impl Evidence for Connected {
    fn fields(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        self.0.fields(name, each);
    }
    fn method(&self) -> &str {
        self.0.method()
    }
    fn target(&self) -> &str {
        self.0.target()
    }
    fn resource(&self) -> &str {
        self.0.resource()
    }
    fn certificate(&self) -> Option<&[u8]> {
        self.1
    }
}

/// What comes of sending it: nothing, or what the peer is told.
async fn sent(
    auth: &impl Authenticate,
    fields: &[(&'static str, &str)],
    certificate: Option<&'static [u8]>,
) -> Result<(), String> {
    let fields = fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let request = Connected(Request { method: "POST", fields }, certificate);
    match auth.authenticate(&Credentials::new(request)).await {
        Verdict::Known(..) => Ok(()),
        Verdict::Refused(refusal) => Err(refusal.message().to_owned()),
        other => panic!("{other:?}"),
    }
}

fn own_certificate() -> Value {
    json!({"x5t#S256": certificate::of(OWN)})
}

async fn counts_with_its_certificate_alone(auth: &impl Authenticate, token: &str) {
    let sent = |certificate| async move {
        sent(auth, &[(A, &format!("Bearer {token}"))], certificate).await
    };
    // Before it is remembered, and after.
    for _ in 0..2 {
        for other in [None, Some(&b"somebody else's"[..]), Some(&b""[..])] {
            assert_eq!(sent(other).await.unwrap_err(), NOT_SHOWN);
        }
        assert_eq!(sent(Some(OWN)).await, Ok(()));
    }
}

#[tokio::test]
async fn a_token_counts_with_its_certificate_on_every_request_and_not_otherwise() {
    let draft = bound(own_certificate());
    for signed in [builder(&draft).mtls(), builder(&draft).require_mtls()] {
        counts_with_its_certificate_alone(&signed.build().unwrap(), &draft.token()).await;
    }
    let server = Server::saying(&json!({"cnf": own_certificate(), "token_type": "Bearer"}));
    for opaque in [server.verifier().mtls(), server.verifier().require_mtls()] {
        counts_with_its_certificate_alone(&opaque.build().unwrap(), "opaque-token-1").await;
    }
    assert_eq!(server.asked(), 2, "one question each: the answer was remembered");
}

#[tokio::test]
async fn who_does_not_look_at_certificates_takes_no_token_that_is_bound_to_one() {
    let draft = bound(own_certificate());
    let token = format!("Bearer {}", draft.token());
    for auth in [builder(&draft), builder(&draft).dpop()] {
        let auth = auth.build().unwrap();
        assert_eq!(sent(&auth, &[(A, &token)], Some(OWN)).await.unwrap_err(), NOT_PROVEN);
    }
    let server = Server::saying(&json!({"cnf": own_certificate(), "token_type": "Bearer"}));
    let auth = server.verifier().build().unwrap();
    assert_eq!(sent(&auth, &[(A, "Bearer x")], Some(OWN)).await.unwrap_err(), NOT_PROVEN);
}

#[tokio::test]
async fn a_token_without_one_needs_none_unless_all_do() {
    let draft = Draft::good();
    let token = format!("Bearer {}", draft.token());
    let allowed = builder(&draft).mtls().build().unwrap();
    assert_eq!(sent(&allowed, &[(A, &token)], None).await, Ok(()));
    let required = builder(&draft).require_mtls().build().unwrap();
    // That the connection has one binds nothing.
    assert_eq!(sent(&required, &[(A, &token)], Some(OWN)).await.unwrap_err(), UNCERTIFIED);
}

#[tokio::test]
async fn a_token_that_is_bound_to_both_needs_both() {
    let mut cnf = own_certificate();
    cnf["jkt"] = thumbprint(&OTHER_RSA).into();
    let draft = bound(cnf);
    let token = draft.token();
    let auth = builder(&draft).mtls().dpop().build().unwrap();
    let proof = |id: &str| proof(&OTHER_RSA, id, &token);
    let (as_bound, as_bearer) = (format!("DPoP {token}"), format!("Bearer {token}"));
    let both = [(A, &*as_bound), (P, &*proof("1"))];
    assert_eq!(sent(&auth, &both, None).await.unwrap_err(), NOT_SHOWN);
    assert_eq!(sent(&auth, &[(A, &as_bearer)], Some(OWN)).await.unwrap_err(), NOT_PROVEN);
    assert_eq!(sent(&auth, &both, Some(OWN)).await, Ok(()), "a refusal used up no proof");
    let half = builder(&draft).mtls().build().unwrap();
    assert_eq!(sent(&half, &[(A, &as_bearer)], Some(OWN)).await.unwrap_err(), NOT_PROVEN);
}

/// A token that says it is DPoP's has a key, whatever else it has.
#[tokio::test]
async fn a_certificate_takes_no_keys_place() {
    let server = Server::saying(&json!({"cnf": own_certificate(), "token_type": "DPoP"}));
    let auth = server.verifier().dpop().mtls().build().unwrap();
    assert_eq!(sent(&auth, &[(A, "Bearer x")], Some(OWN)).await.unwrap_err(), NOT_PROVEN);
}

#[test]
fn whoever_has_to_show_one_is_said() {
    use toolgate_core::Certificates::{Everybody, Nobody, Some};
    let draft = Draft::good();
    let own = || builder(&draft);
    let other = || jwt("https://b.example");
    let said = |auth: &dyn Authenticate| auth.card().certificates;
    for (all, expected) in [
        (vec![own()], Nobody),
        (vec![own().mtls()], Some),
        (vec![own().require_mtls()], Everybody),
        (vec![own().require_mtls(), other().require_mtls()], Everybody),
        (vec![own().require_mtls(), other().mtls()], Some),
        (vec![own().require_mtls(), other()], Some),
    ] {
        assert_eq!(said(&issuers(all).unwrap()), expected);
    }
    let server = Server::saying(&json!({}));
    let opaque = || server.verifier().require_mtls().build().unwrap();
    assert_eq!(said(&opaque()), Everybody);
    assert_eq!(said(&chain(opaque()).or(own().require_mtls().build().unwrap())), Everybody);
    assert_eq!(said(&chain(opaque()).or(own().build().unwrap())), Some);
}

#[test]
fn the_metadata_says_so_and_google_cannot_be_asked() {
    let draft = Draft::good();
    let name = "tls_client_certificate_bound_access_tokens".to_owned();
    let said = |auth: &dyn Authenticate| auth.card().more;
    let saying = vec![(name, toolgate_core::protocol::Json::of(&true).unwrap())];
    assert_eq!(said(&builder(&draft).mtls().build().unwrap()), saying);
    assert_eq!(said(&issuers([builder(&draft).mtls(), jwt("https://b.example")]).unwrap()), saying);
    let server = Server::saying(&json!({}));
    assert_eq!(said(&server.verifier().require_mtls().build().unwrap()), saying);
    assert!(said(&builder(&draft).build().unwrap()).is_empty());
    let google = crate::presets::google(["desk"]).mtls().build().unwrap_err().to_string();
    assert!(google.contains("bound to"), "{google}");
}

/// The example of RFC 8705, appendix A.
#[test]
fn the_example_of_the_standard_has_its_thumbprint() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let text = "MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAxODEyMzcwOVoXDTIyMDUwM\
        jEyMzcwOVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW\
        9OylMbnQZjjJ/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwIDSQAwRgIhAP0RC1E+vwJ\
        D/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOVbUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY=";
    let der = STANDARD.decode(text).unwrap();
    assert_eq!(certificate::of(&der), "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0");
}
