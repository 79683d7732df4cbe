//! Tokens: what they say, and who has signed them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::{claims, header, named, published, start, verifies};
use crate::{Algorithm, SigningKey};

#[tokio::test]
async fn a_token_says_what_rfc_9068_asks_for() {
    let server = start().await;
    let token = server.token("ann").scopes(["a", "b"]).audience("https://r.example/mcp").sign();
    let keys = published(&server).await;
    let head = json!({"alg": "RS256", "typ": "at+jwt", "kid": keys[1]["kid"]});
    assert_eq!(header(&token), head);
    let mut said = claims(&token);
    let mut take = |name: &str| said.as_object_mut().unwrap().remove(name).unwrap();
    let (iat, exp) = (take("iat").as_u64().unwrap(), take("exp").as_u64().unwrap());
    assert_eq!(exp - iat, 300);
    let age = SystemTime::now().duration_since(UNIX_EPOCH + Duration::from_secs(iat)).unwrap();
    assert!(age < Duration::from_secs(60));
    let id = take("jti");
    let expected = json!({"iss": server.issuer(), "sub": "ann", "aud": "https://r.example/mcp",
        "client_id": "toolgate-testkit", "scope": "a b"});
    assert_eq!(said, expected);
    assert_ne!(claims(&server.token("ann").sign())["jti"], id);
}

#[tokio::test]
async fn every_part_can_be_said_otherwise() {
    let server = start().await;
    let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
    let token = server.token("ann").issued(at(100)).lifetime(Duration::from_secs(50)).client("c");
    let said = claims(&token.clone().sign());
    assert_eq!(
        (&said["iat"], &said["exp"], &said["client_id"]),
        (&100.into(), &150.into(), &"c".into())
    );
    assert!(said.get("aud").is_none() && said.get("scope").is_none());

    let said = claims(&token.clone().expires_at(at(7)).sign());
    assert_eq!((&said["iat"], &said["exp"]), (&100.into(), &7.into()));
    let before = token.clone().issued(UNIX_EPOCH - Duration::from_secs(5)).lifetime(Duration::MAX);
    let said = claims(&before.sign());
    assert_eq!((&said["iat"], said["exp"].as_i64()), (&(-5).into(), Some(i64::MAX - 5)));

    let said = token.clone().claim("aud", json!(["a", "b"])).claim("x", 1).without("sub");
    let said = claims(&said.claim("iss", "i").without("x").claim("x", 2).sign());
    assert_eq!(
        (&said["aud"], &said["iss"], &said["x"]),
        (&json!(["a", "b"]), &"i".into(), &2.into())
    );
    assert!(said.get("sub").is_none());

    let head = header(&token.header("typ", "JWT").without_header("kid").header("x", true).sign());
    assert_eq!(head, json!({"alg": "RS256", "typ": "JWT", "x": true}));
}

#[tokio::test]
async fn tokens_verify_with_the_published_key_of_their_name() {
    let server = start().await;
    for algorithm in Algorithm::ALL {
        let token = server.token("ann").algorithm(algorithm).sign();
        assert_eq!(header(&token)["alg"], algorithm.name());
        let keys = published(&server).await;
        let key = named(&keys, &token).expect("published with its first token");
        assert_eq!((&key["alg"], &key["use"]), (&algorithm.name().into(), &"sig".into()));
        assert!(key.get("d").is_none());
        assert!(verifies(key, &token), "{algorithm:?}");
        let again = server.token("bob").algorithm(algorithm).sign();
        assert_eq!(header(&again)["kid"], key["kid"], "one key for an algorithm");
    }
    assert_eq!(published(&server).await.len(), 5);
}

#[tokio::test]
async fn a_key_can_be_published_ahead() {
    let server = start().await;
    server.publish(Algorithm::EdDsa);
    let keys = published(&server).await;
    let token = server.token("ann").algorithm(Algorithm::EdDsa).sign();
    assert!(verifies(named(&keys, &token).expect("published before"), &token));
}

#[tokio::test]
async fn after_a_rotation_only_the_new_keys_are_published() {
    let server = start().await;
    server.publish(Algorithm::Es256);
    let tokens = server.tokens();
    for algorithm in [Algorithm::Rs256, Algorithm::Es256] {
        let before = published(&server).await;
        let old = tokens.token("ann").algorithm(algorithm).sign();
        server.rotate();
        let after = published(&server).await;
        let new = tokens.token("ann").algorithm(algorithm).sign();
        assert_eq!(after.len(), before.len());
        assert!(verifies(named(&after, &new).expect("the new one"), &new));
        assert!(named(&after, &old).is_none() && named(&before, &new).is_none());
        assert!(
            !after
                .iter()
                .filter(|key| key["kty"] == "RSA")
                .any(|key| { algorithm == Algorithm::Rs256 && verifies(key, &old) })
        );

        let late = tokens.token("ann").algorithm(algorithm).key(SigningKey::Rotated).sign();
        assert_eq!(header(&late)["kid"], header(&old)["kid"]);
        assert!(verifies(named(&before, &old).unwrap(), &late));
    }
}

#[tokio::test]
async fn forged_tokens_are_what_they_are_called() {
    let server = start().await;
    for algorithm in Algorithm::ALL {
        server.publish(algorithm);
        let keys = published(&server).await;
        let make = |key| server.token("ann").algorithm(algorithm).key(key).sign();
        let impostor = make(SigningKey::Impostor);
        assert!(!verifies(named(&keys, &impostor).expect("a published name"), &impostor));
        for key in [SigningKey::Unknown, SigningKey::Rotated] {
            let token = make(key);
            assert!(named(&keys, &token).is_none(), "{key:?}");
            assert!(
                !verifies(named(&keys, &make(SigningKey::Current)).unwrap(), &token),
                "{key:?}"
            );
        }
        let encryption = make(SigningKey::Encryption);
        let key = named(&keys, &encryption).expect("published");
        assert_eq!((&key["use"], &header(&encryption)["alg"]), (&"enc".into(), &"RS256".into()));
        assert!(verifies(key, &encryption));
        assert_eq!(published(&server).await, keys, "none of them was published");
    }
}
