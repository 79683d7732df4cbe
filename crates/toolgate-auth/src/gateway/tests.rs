//! Requests through a gateway, past it, and in its clothes.

use std::net::IpAddr;

use toolgate_core::{Evidence, Refused, authenticate::identify};

use super::*;
use crate::{ApiKey, api_keys, chain};

const SECRET: &str = "0123456789abcdef";

struct Request(Vec<(&'static str, String)>, Option<IpAddr>, &'static str);

impl Evidence for Request {
    fn fields(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        for (_, value) in self.0.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)) {
            each(value.as_bytes());
        }
    }
    fn peer(&self) -> Option<IpAddr> {
        self.1
    }
    fn target(&self) -> &str {
        self.2
    }
}

async fn told(auth: &dyn Authenticate, request: Request) -> String {
    match identify(auth, &Credentials::new(request)).await {
        Ok((caller, _)) => {
            let identity = caller.identity().unwrap();
            let Key { subject, client, .. } = &identity.key;
            let roles: Vec<_> = identity.roles.iter().collect();
            let (client, roles) = (client.as_deref().unwrap_or("-"), roles.join("+"));
            format!("{subject} {client} {roles} {}", identity.scopes)
        }
        Err(Refused::Unauthenticated(refusal)) => format!("{:?}", refusal.reason()),
        Err(other) => panic!("{other:?}"),
    }
}

fn from(address: &str, fields: &[(&'static str, &str)]) -> Request {
    let fields = fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Request(fields, address.parse().ok(), "/mcp")
}

fn settings() -> Gateway {
    gateway("https://gateway.internal")
        .client_header("x-client")
        .roles_header("x-groups")
        .scopes_header("x-scopes")
}

const USER: (&str, &str) = ("X-Forwarded-User", "ann");
const PROOF: (&str, &str) = ("x-proof", SECRET);

#[tokio::test]
async fn a_gateway_is_believed_by_its_secret() {
    let auth = settings().danger().trust_secret("x-proof", SECRET).build().unwrap();
    let whole =
        [USER, PROOF, ("x-client", "portal"), ("x-groups", "b, a ,,c d"), ("x-scopes", "s t")];
    for (fields, expected) in [
        (&whole[..], "ann portal a+b+c d s t"),
        (&[USER, PROOF], "ann -  "),
        (&[], "Missing"),
        (&[PROOF], "Missing"),
        (&[USER], "Invalid"),
        (&[USER, ("x-proof", "")], "Invalid"),
        (&[USER, ("x-proof", "0123456789abcdeF")], "Invalid"),
        (&[USER, ("x-proof", "0123456789abcde")], "Invalid"),
        (&[USER, PROOF, PROOF], "Invalid"),
        (&[USER, ("X-Forwarded-User", "bob")], "Invalid"),
        (&[USER, USER, PROOF], "Malformed"),
        (&[("x-forwarded-user", "ann, bob"), PROOF], "Malformed"),
        (&[("x-forwarded-user", ""), PROOF], "Malformed"),
        (&[("x-forwarded-user", "an\u{7}n"), PROOF], "Malformed"),
        (&[USER, PROOF, ("x-client", "a"), ("x-client", "b")], "Malformed"),
        (&[USER, PROOF, ("x-groups", "a"), ("x-groups", "admin")], "Malformed"),
        (&[USER, PROOF, ("authorization", "Bearer abc")], "Malformed"),
        (&[USER, PROOF, ("authorization", "Basic abc")], "Malformed"),
        (&[USER, PROOF, ("x-api-key", "tg_bob_abc")], "Malformed"),
        (&[USER, PROOF, ("x-api-key", "")], "Malformed"),
        (&[USER, PROOF, ("x-api-key", "a"), ("X-API-Key", "b")], "Malformed"),
    ] {
        assert_eq!(told(&auth, from("192.0.2.1", fields)).await, expected, "{fields:?}");
    }
    let query = Request(
        vec![("x-forwarded-user", "ann".into()), ("x-proof", SECRET.into())],
        None,
        "/mcp?access_token=x",
    );
    assert_eq!(told(&auth, query).await, "Malformed");
    let long = "x".repeat(MAX_VALUE + 1);
    assert_eq!(told(&auth, from("::1", &[("x-forwarded-user", &long), PROOF])).await, "Malformed");
}

#[tokio::test]
async fn two_names_never_become_one() {
    let auth = settings().danger().trust_secret("x-proof", SECRET).build().unwrap();
    for (user, expected) in [
        ("  ann ", "ann -  "),
        ("ann\u{3000}", "Malformed"),
        ("\u{a0}ann", "Malformed"),
        ("\u{2003}", "Malformed"),
        ("ann\u{3000}lee", "ann\u{3000}lee -  "),
    ] {
        let told = told(&auth, from("::1", &[("x-forwarded-user", user), PROOF])).await;
        assert_eq!(told, expected, "{user:?}");
    }
    let client = ("x-client", "portal\u{3000}");
    assert_eq!(told(&auth, from("::1", &[USER, PROOF, client])).await, "Malformed");
    let groups = ("x-groups", "\u{3000}admin, admin\u{a0}, b ");
    let told = told(&auth, from("::1", &[USER, PROOF, groups])).await;
    let roles: Vec<_> = told.trim_end().trim_start_matches("ann - ").split('+').collect();
    assert_eq!(roles, ["admin\u{a0}", "b", "\u{3000}admin"], "none of them is `admin`");
}

#[tokio::test]
async fn a_gateway_is_believed_by_its_address() {
    let auth = settings().danger().trust_peers(["10.0.0.0/8", "::1"]).build().unwrap();
    assert_eq!(told(&auth, from("10.1.2.3", &[USER])).await, "ann -  ");
    assert_eq!(told(&auth, from("::ffff:10.1.2.3", &[USER])).await, "ann -  ");
    assert_eq!(told(&auth, from("::1", &[USER])).await, "ann -  ");
    for elsewhere in ["11.0.0.1", "::2", "127.0.0.1", "no address"] {
        assert_eq!(told(&auth, from(elsewhere, &[USER])).await, "Invalid", "{elsewhere}");
    }
    // A header that says where it came from says nothing.
    let forwarded = ("x-forwarded-for", "10.1.2.3");
    assert_eq!(told(&auth, from("11.0.0.1", &[USER, forwarded])).await, "Invalid");
}

#[tokio::test]
async fn where_two_are_set_both_have_to_hold() {
    let both = settings().danger().trust_secret("x-proof", SECRET);
    let auth = both.danger().trust_peers(["10.0.0.0/8"]).build().unwrap();
    assert_eq!(told(&auth, from("10.1.2.3", &[USER, PROOF])).await, "ann -  ");
    assert_eq!(told(&auth, from("10.1.2.3", &[USER])).await, "Invalid");
    assert_eq!(told(&auth, from("11.1.2.3", &[USER, PROOF])).await, "Invalid");
}

#[tokio::test]
async fn in_a_chain_a_name_without_proof_goes_no_further() {
    let gateway = settings().danger().trust_secret("x-proof", SECRET).build().unwrap();
    let (secret, key) = ApiKey::generate("tg_bob", "bob").unwrap();
    let chain = chain(gateway).or(api_keys([key]).build().unwrap());
    let api_key = ("x-api-key", secret.expose());
    assert_eq!(told(&chain, from("::1", &[USER, PROOF])).await, "ann -  ");
    assert_eq!(told(&chain, from("::1", &[api_key])).await, "bob -  ");
    assert_eq!(told(&chain, from("::1", &[USER, api_key])).await, "Invalid");
    assert_eq!(told(&chain, from("::1", &[])).await, "Missing");
}

#[tokio::test]
async fn types_of_the_authors_own_are_made_or_refuse() {
    let auth = settings()
        .principal(|identity| match &*identity.key.subject {
            "ann" => Ok(identity.key.subject.len()),
            _ => Err(Refusal::invalid("not a member")),
        })
        .danger()
        .trust_secret("x-proof", SECRET)
        .build()
        .unwrap();
    assert_eq!(auth.card().principals, [PrincipalType::of::<usize>()]);
    let request = from("::1", &[USER, PROOF]);
    let (caller, _) = identify(&auth, &Credentials::new(request)).await.unwrap();
    assert_eq!(caller.identity().unwrap().ext.find::<usize>(), Some(&3));
    assert_eq!(told(&auth, from("::1", &[("x-forwarded-user", "bob"), PROOF])).await, "Invalid");
}

#[test]
fn nothing_is_believed_unless_it_is_said_whom() {
    let one = |_: &Identity| Ok::<_, Refusal>(1_u8);
    for (settings, expected) in [
        (settings(), "no proof"),
        (settings().danger().trust_peers([] as [&str; 0]), "trust_peers"),
        (settings().danger().trust_peers(["10.0.0.1/8"]), "10.0.0.1/8"),
        (settings().danger().trust_secret("x-proof", "short"), "16 bytes"),
        (settings().danger().trust_secret("x-forwarded-user", SECRET), "used twice"),
        (settings().danger().trust_secret("authorization", SECRET), "authorization"),
        (settings().user_header("a b").danger().trust_secret("x-proof", SECRET), "a b"),
        (
            settings().principal(one).principal(one).danger().trust_secret("x-proof", SECRET),
            "set twice",
        ),
        (gateway("").danger().trust_secret("x-proof", SECRET), "no name"),
    ] {
        let error = settings.build().unwrap_err();
        assert!(matches!(error.problems(), [one] if one.contains(expected)), "{expected}: {error}");
    }
    let shown = format!("{:?}", settings().danger().trust_secret("x-proof", SECRET));
    assert!(!shown.contains(SECRET), "{shown}");
}
