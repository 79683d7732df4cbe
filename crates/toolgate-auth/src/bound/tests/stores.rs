//! Used proofs that several servers remember together.

use std::{
    collections::HashMap,
    future::pending,
    sync::{Arc, Mutex},
    time::SystemTime,
};

use toolgate_core::BoxFuture;

use super::*;
use crate::{
    dpop::{Nonces, ProofStore, ProofUse, Replay},
    issuers,
};

#[derive(Default)]
struct Table(Mutex<HashMap<[u8; 32], SystemTime>>);

impl ProofStore for Table {
    fn use_once<'a>(&'a self, used: &'a ProofUse) -> BoxFuture<'a, Replay> {
        Box::pin(async move {
            let before = self.0.lock().unwrap().insert(used.id, used.until);
            if before.is_none() { Replay::New } else { Replay::Used }
        })
    }
}

/// A store that is of no help: it says so, or nothing.
struct Down(Option<Replay>);

impl ProofStore for Down {
    fn use_once<'a>(&'a self, _: &'a ProofUse) -> BoxFuture<'a, Replay> {
        Box::pin(async move {
            match self.0 {
                Some(replay) => replay,
                None => pending().await,
            }
        })
    }
}

#[tokio::test]
async fn what_one_server_took_another_does_not() {
    let (draft, table) = (own(), Arc::new(Table::default()));
    let token = draft.token();
    let server = || builder(&draft).dpop().dpop_store(table.clone()).build().unwrap();
    let (here, there) = (server(), server());
    let (sent, own) = (format!("DPoP {token}"), proof(&OTHER_RSA, "1", &token));
    known(&here, &[(A, &sent), (P, &own)]).await;
    let refusal = refused(&there, &[(A, &sent), (P, &own)]).await;
    assert_eq!(refusal.message(), "the proof was used before");
    // As long as it counts anywhere: a clock may be late.
    let until = *table.0.lock().unwrap().values().next().unwrap();
    assert!(until >= now() + std::time::Duration::from_secs(150));
    known(&there, &[(A, &sent), (P, &proof(&OTHER_RSA, "2", &token))]).await;
}

#[tokio::test(start_paused = true)]
async fn a_store_that_cannot_tell_lets_nobody_in_and_starts_no_login() {
    let draft = own();
    let token = draft.token();
    for said in [Some(Replay::Unknown), Some(Replay::Full), None] {
        let auth = builder(&draft).dpop().dpop_store(Arc::new(Down(said))).build().unwrap();
        let (sent, own) = (format!("DPoP {token}"), proof(&OTHER_RSA, "1", &token));
        let verdict = ask(&auth, &[(A, &sent), (P, &own)]).await;
        assert!(matches!(verdict, Verdict::Unavailable { .. }), "{said:?}: {verdict:?}");
    }
}

#[test]
fn settings_that_contradict_each_other_are_told() {
    let (store, nonces) = (|| Arc::new(Table::default()), || Nonces::random().unwrap());
    let (a, b) = (|| jwt(ISSUER), || jwt("https://b.example"));
    let told = |all: Vec<Jwt>| issuers(all).map(|_| ()).map_err(|error| error.to_string());
    for (all, about) in [
        (vec![a().dpop_store(store())], "dpop_store"),
        (vec![a().dpop_nonces(nonces())], "dpop_nonces"),
        (vec![a().dpop().dpop_store(store()).dpop_memory(9, 9)], "dpop_memory"),
        (vec![a().dpop().dpop_store(store()), b().dpop().dpop_store(store())], "dpop_store"),
        (vec![a().dpop().dpop_nonces(nonces()), b().dpop().dpop_nonces(nonces())], "dpop_nonces"),
    ] {
        let error = told(all).unwrap_err();
        assert!(error.contains(about), "{error}");
    }
    let (table, one): (Arc<dyn ProofStore>, _) = (store(), nonces());
    let with = |jwt: Jwt| jwt.dpop().dpop_store(table.clone()).dpop_nonces(one.clone());
    assert_eq!(told(vec![with(a()), with(b()), jwt("https://c.example")]), Ok(()));
}
