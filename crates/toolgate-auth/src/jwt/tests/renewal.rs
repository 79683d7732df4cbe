//! Keys over time: found, kept, renewed, and never asked for more often than is decent. The clock
//! is tokio's, paused.

use std::{sync::Arc, time::Duration};

use futures::FutureExt;
use serde_json::json;
use tokio::time::advance;

use super::kit::{FakeIssuer, ISSUER, OTHER_RSA, P256, Pair, published};
use crate::{
    jose::KeySet,
    jwt::{
        keys::{Keys, Outage},
        source::Source,
    },
    rules::Rules,
};

const METADATA: &str = "https://issuer.example/.well-known/oauth-authorization-server";
const OPENID: &str = "https://issuer.example/.well-known/openid-configuration";
const KEYS: &str = "https://issuer.example/keys";
const MOVED: &str = "https://issuer.example/moved";

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn set(pair: Pair) -> String {
    json!({"keys": [published(pair, json!({"kid": "one"}))]}).to_string()
}

fn metadata(keys: &str) -> String {
    json!({"issuer": ISSUER, "jwks_uri": keys}).to_string()
}

/// An issuer whose keys are where its metadata says.
fn issuer() -> (FakeIssuer, Keys) {
    let issuer = FakeIssuer::new();
    issuer.answer(METADATA, 200, metadata(KEYS)).answer(KEYS, 200, set(&P256));
    let keys = keys(&issuer, None);
    (issuer, keys)
}

fn keys(issuer: &FakeIssuer, jwks_uri: Option<&'static str>) -> Keys {
    Keys::new(Source {
        issuer: ISSUER.to_owned(),
        jwks_uri: jwks_uri.map(http::Uri::from_static),
        loopback: false,
        fetch: Arc::new(issuer.clone()),
        rules: Rules::default(),
    })
}

/// Lets spawned tasks run until nothing moves any more.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

fn retry(outcome: Result<Arc<KeySet>, Outage>) -> Duration {
    outcome.unwrap_err().retry
}

#[tokio::test(start_paused = true)]
async fn keys_are_discovered_once_and_kept() {
    let (issuer, keys) = issuer();
    let first = keys.current().await.unwrap();
    assert_eq!(issuer.asked(), 2);
    let second = keys.current().await.unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!(issuer.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_openid_document_is_found_where_the_other_is_missing_or_of_another_issuer() {
    for (status, body) in [
        (404, String::new()),
        (200, "<html>".into()),
        (200, metadata(KEYS).replace("example", "other")),
    ] {
        let issuer = FakeIssuer::new();
        issuer.answer(METADATA, status, body).answer(KEYS, 200, set(&P256));
        issuer.answer(OPENID, 200, metadata(KEYS));
        keys(&issuer, None).current().await.unwrap();
        assert_eq!(issuer.asked(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_known_place_needs_no_discovery() {
    let issuer = FakeIssuer::new();
    issuer.answer(KEYS, 200, set(&P256));
    keys(&issuer, Some(KEYS)).current().await.unwrap();
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_first_keys_there_is_an_outage_and_a_pause() {
    let answers: [(u16, &str); 6] = [
        (0, ""),
        (500, "x"),
        (302, ""),
        (200, "<html>"),
        (200, r#"{"keys":[]}"#),
        (200, r#"{"keys":[{"kty":"AKP"}]}"#),
    ];
    for (status, body) in answers {
        let issuer = FakeIssuer::new();
        issuer.answer(KEYS, status, body);
        let keys = keys(&issuer, Some(KEYS));
        assert!(retry(keys.current().await) <= seconds(5), "{status} {body}");
        for _ in 0..100 {
            assert!(retry(keys.current().await) <= seconds(5));
        }
        assert_eq!(issuer.asked(), 1, "{status} {body}");
        issuer.answer(KEYS, 200, set(&P256));
        advance(seconds(5)).await;
        keys.current().await.unwrap();
        assert_eq!(issuer.asked(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn many_requests_share_one_download() {
    let (issuer, keys) = issuer();
    issuer.hold();
    let waiting: Vec<_> = (0..100)
        .map(|_| {
            let keys = keys.clone();
            tokio::spawn(async move { keys.current().await.is_ok() })
        })
        .collect();
    settle().await;
    assert_eq!(issuer.asked(), 1);
    issuer.release();
    for one in waiting {
        assert!(one.await.unwrap());
    }
    assert_eq!(issuer.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_gives_up_takes_the_download_from_nobody() {
    let (issuer, keys) = issuer();
    issuer.hold();
    let (first, second) = (keys.clone(), keys.clone());
    let first = tokio::spawn(async move { first.current().await.is_ok() });
    settle().await;
    let second = tokio::spawn(async move { second.current().await.is_ok() });
    settle().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    issuer.release();
    assert!(second.await.unwrap());
    assert_eq!(issuer.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn unknown_keys_cost_one_download_in_a_while() {
    let (issuer, keys) = issuer();
    let seen = keys.current().await.unwrap();
    assert_eq!(issuer.asked(), 2);
    // The first unknown key is asked for at once: keys may have rotated since the download.
    let seen = keys.newer(&seen).await.unwrap().unwrap();
    assert_eq!(issuer.asked(), 3);
    for _ in 0..100 {
        assert!(keys.newer(&seen).await.unwrap().is_none());
    }
    assert_eq!(issuer.asked(), 3);
    advance(seconds(30)).await;
    issuer.answer(KEYS, 200, set(&OTHER_RSA));
    let renewed = keys.newer(&seen).await.unwrap().unwrap();
    assert_eq!(issuer.asked(), 4);
    // Somebody who still holds the old keys gets the new ones without a download.
    assert!(Arc::ptr_eq(&keys.newer(&seen).await.unwrap().unwrap(), &renewed));
    for _ in 0..100 {
        assert!(keys.newer(&renewed).await.unwrap().is_none());
    }
    assert_eq!(issuer.asked(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_during_an_outage_is_not_refused() {
    let (issuer, keys) = issuer();
    let seen = keys.current().await.unwrap();
    advance(seconds(30)).await;
    issuer.down(KEYS);
    assert!(keys.newer(&seen).await.is_err());
    assert_eq!(issuer.asked(), 3);
    for _ in 0..100 {
        assert!(keys.newer(&seen).await.is_err());
    }
    assert_eq!(issuer.asked(), 3);
    // Known keys stay in use all the while.
    assert!(Arc::ptr_eq(&keys.current().await.unwrap(), &seen));
}

#[tokio::test(start_paused = true)]
async fn stale_keys_are_renewed_behind_the_requests_back() {
    let (issuer, keys) = issuer();
    let seen = keys.current().await.unwrap();
    advance(seconds(601)).await;
    issuer.hold();
    for _ in 0..10 {
        assert!(Arc::ptr_eq(&keys.current().await.unwrap(), &seen));
    }
    settle().await;
    assert_eq!(issuer.asked(), 3);
    issuer.release();
    settle().await;
    assert!(!Arc::ptr_eq(&keys.current().await.unwrap(), &seen));
    assert_eq!(issuer.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn keys_outlive_an_outage_within_a_bound() {
    let (issuer, keys) = issuer();
    let seen = keys.current().await.unwrap();
    issuer.down(KEYS).down(METADATA);
    for _ in 0..35 {
        advance(seconds(600)).await;
        assert!(Arc::ptr_eq(&keys.current().await.unwrap(), &seen));
        settle().await;
    }
    let asked = issuer.asked();
    assert!(asked <= 2 + 35, "{asked}");
    advance(seconds(700)).await;
    assert!(keys.current().await.is_err());
    issuer.answer(METADATA, 200, metadata(KEYS)).answer(KEYS, 200, set(&P256));
    advance(seconds(5)).await;
    keys.current().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_empty_set_does_not_replace_a_good_one() {
    let (issuer, keys) = issuer();
    let seen = keys.current().await.unwrap();
    issuer.answer(KEYS, 200, r#"{"keys":[]}"#);
    advance(seconds(601)).await;
    keys.current().await.unwrap();
    settle().await;
    assert_eq!(issuer.asked(), 3);
    assert!(Arc::ptr_eq(&keys.current().await.unwrap(), &seen));
}

#[tokio::test(start_paused = true)]
async fn keys_that_moved_are_discovered_anew() {
    let (issuer, keys) = issuer();
    let seen = keys.current().await.unwrap();
    issuer.answer(METADATA, 200, metadata(MOVED)).answer(MOVED, 200, set(&OTHER_RSA));
    issuer.answer(KEYS, 404, "");
    advance(seconds(601)).await;
    keys.current().await.unwrap();
    settle().await;
    advance(seconds(5)).await;
    keys.current().await.unwrap();
    settle().await;
    assert!(!Arc::ptr_eq(&keys.current().await.unwrap(), &seen));
}

#[tokio::test(start_paused = true)]
async fn a_download_without_end_ends() {
    let (issuer, keys) = issuer();
    issuer.hold();
    // Paused time runs on when nothing else can: the wait ends with the download's own bound.
    assert!(keys.current().await.is_err());
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_panics_is_an_outage_and_not_the_end() {
    let issuer = FakeIssuer::new();
    issuer.panic(KEYS);
    let keys = keys(&issuer, Some(KEYS));
    assert!(keys.current().await.is_err());
    issuer.answer(KEYS, 200, set(&P256));
    advance(seconds(5)).await;
    keys.current().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_panics_refuses_nobody() {
    let (issuer, keys) = issuer();
    let seen = keys.current().await.unwrap();
    issuer.panic(KEYS);
    advance(seconds(30)).await;
    assert!(keys.newer(&seen).await.is_err());
    assert!(keys.newer(&seen).await.is_err());
}

#[test]
fn outside_of_a_runtime_there_is_an_outage_and_no_panic() {
    let (_, keys) = issuer();
    assert!(keys.current().now_or_never().unwrap().is_err());
}
