//! Settings and keys that cannot be used are told when they are built, each by its name.

use toolgate_core::{Authenticate, PrincipalType, StartError, env::Env};

use super::kit::{bearer, identity, issued, known, verdict};
use crate::{ApiKey, ApiKeys, api_keys};

fn problems(keys: ApiKeys) -> Vec<String> {
    match keys.build() {
        Ok(_) => Vec::new(),
        Err(error) => error.problems().to_vec(),
    }
}

fn names(keys: ApiKeys, setting: &str) {
    let problems = problems(keys);
    assert!(matches!(&*problems, [one] if one.contains(setting)), "{setting}: {problems:?}");
}

#[test]
fn each_setting_is_named() {
    names(api_keys([]).issuer(""), "issuer");
    names(api_keys([]).brand("a_b"), "brand");
    names(api_keys([]).brand(""), "brand");
    names(api_keys([]).principal(|_| Ok(1_u8)).principal(|_| Ok(2_u8)), "principal");
    assert_eq!(problems(api_keys([]).issuer("").brand("")).len(), 2);
}

#[test]
fn each_key_is_named_and_what_is_wrong_with_it() {
    let key = |change: fn(&mut ApiKey)| {
        let (_, mut key) = issued("tg_reports");
        change(&mut key);
        api_keys([key])
    };
    names(key(|key| key.prefix = "reports".into()), "number 1: its prefix");
    names(key(|key| key.prefix = "acme_reports".into()), "number 1: its prefix");
    names(key(|key| key.prefix = "".into()), "number 1: its prefix");
    names(key(|key| key.subject = "".into()), "`tg_reports`: its subject");
    names(key(|key| key.client = Some("".into())), "`tg_reports`: its client");
    names(key(|key| key.scopes = ["a b"].into()), "`tg_reports`: one of its scopes");
    names(key(|key| key.scopes = [""].into()), "`tg_reports`: one of its scopes");
    names(key(|key| key.roles = [""].into()), "`tg_reports`: one of its roles");
    let (one, other) = (issued("tg_reports").1, issued("tg_reports").1);
    names(api_keys([one, other]), "`tg_reports`: its prefix is taken");
}

#[test]
fn a_whole_key_in_the_place_of_its_prefix_is_not_repeated() {
    let (sent, mut key) = issued("tg_reports");
    key.prefix = sent.clone().into();
    let problems = problems(api_keys([key]));
    assert!(matches!(&*problems, [one] if !one.contains(&sent)), "{problems:?}");
    let error = ApiKey::generate(&sent, "ann").unwrap_err().to_string();
    assert!(!error.contains(&sent), "{error}");
}

#[test]
fn keys_are_generated_for_prefixes_alone_and_are_never_the_same() {
    for prefix in ["", "tg", "tg_", "_a", "Tg_a", "tg_A", "t_a", "tg a", &"tg_a".repeat(20)] {
        assert!(ApiKey::generate(prefix, "ann").is_err(), "{prefix}");
    }
    let ((one, first), (two, second)) = (issued("tg_a"), issued("tg_a"));
    assert!(one != two && first.sha256() != second.sha256());
    assert_eq!(one.len(), "tg_a_".len() + 43);
    // What an operator gets from `printf %s "$key" | sha256sum` is the hash that is kept.
    let digest = ring::digest::digest(&ring::digest::SHA256, one.as_bytes());
    assert_eq!(digest.as_ref(), first.sha256());
}

#[test]
fn the_issuer_and_the_brand_can_be_named() {
    let (sent, key) = issued("acme_reports");
    let auth = known([key]).issuer("acme").brand("acme").build().unwrap();
    assert_eq!(&*identity(verdict(&auth, bearer(&sent))).key.issuer, "acme");
}

struct Team(String);

#[test]
fn the_authors_own_type_is_made_for_each_key() {
    let (sent, key) = issued("tg_reports");
    let keys = known([key]).principal(|key| Ok(Team(format!("{} of {}", key.prefix, key.subject))));
    let auth = keys.principal(|_| Ok(7_u8)).build().unwrap();
    assert_eq!(auth.card().principals, [PrincipalType::of::<Team>(), PrincipalType::of::<u8>()]);
    let identity = identity(verdict(&auth, bearer(&sent)));
    assert_eq!(identity.ext.find::<Team>().unwrap().0, "tg_reports of ann");
    assert_eq!(identity.ext.find::<u8>(), Some(&7));
    // Keys that come later have it too, or do not come.
    let (sent, key) = issued("tg_later");
    auth.replace([key]).unwrap();
    let later = super::kit::identity(verdict(&auth, bearer(&sent)));
    assert_eq!(later.ext.find::<Team>().unwrap().0, "tg_later of ann");
}

#[test]
fn a_key_without_the_authors_own_type_is_not_taken_on() {
    let keys = known([issued("tg_reports").1]);
    let keys = keys.principal(|key| match &*key.prefix {
        "tg_reports" => Err::<Team, _>(StartError::new("nobody knows this team")),
        _ => Ok(Team(String::new())),
    });
    names(keys, "`tg_reports`: nobody knows this team");
}

#[test]
fn the_environment_can_name_the_file() {
    const VARIABLE: &str = "TOOLGATE_API_KEYS";
    const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/api_keys/tests/keys.json");
    assert!(ApiKeys::from_env(&Env::of([])).unwrap().is_none());
    let auth = ApiKeys::from_env(&Env::of([(VARIABLE, KEYS)])).unwrap().unwrap();
    let auth = auth.build().unwrap();
    // Made for this test, and known to everybody since.
    let sent = "tg_published_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(&*identity(verdict(&auth, bearer(sent))).key.subject, "everybody");
    for no_file in ["no/such/file", "tg_reports_in_the_wrong_place"] {
        let error = ApiKeys::from_env(&Env::of([(VARIABLE, no_file)])).unwrap_err().to_string();
        assert!(error.contains(VARIABLE) && !error.contains(no_file), "{error}");
    }
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let error = ApiKeys::from_env(&Env::of([(VARIABLE, manifest)])).unwrap_err().to_string();
    assert!(error.contains(VARIABLE) && error.contains("line 1"), "{error}");
}
