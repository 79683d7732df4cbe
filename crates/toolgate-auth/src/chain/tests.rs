//! Chains of stubs: who is asked, who decides, what a chain says of itself.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use toolgate_core::{
    Answer, Identity, Key, PrincipalType, Refused, authenticate::identify, protocol::Json,
};

use super::*;
use crate::auth_fn;

/// What a member says, in a word.
fn says(word: &str) -> Verdict {
    let answer = Answer::default().field("x-member", word);
    match word {
        "known" => Verdict::Known(Arc::new(Identity::new(Key::new("here", "ann"))), answer),
        "not mine" => Verdict::NotMine,
        "missing" => Verdict::Refused(Refusal::missing().answer(answer)),
        "malformed" => Verdict::Refused(Refusal::malformed("twice").answer(answer)),
        "invalid" => Verdict::Refused(Refusal::invalid("wrong").answer(answer)),
        "forbidden" => Verdict::Forbidden(Refusal::invalid("not you").answer(answer)),
        "unavailable" => Verdict::Unavailable { retry: Duration::from_secs(3) },
        "failed" => Verdict::Failed("broken".into()),
        _ => panic!("a member that panics"),
    }
}

/// A verdict's word, and the fields that it answers with.
fn word(verdict: &Verdict) -> (&'static str, Answer) {
    match verdict {
        Verdict::Known(_, answer) => ("known", answer.clone()),
        Verdict::NotMine => ("not mine", Answer::default()),
        Verdict::Refused(refusal) => {
            let word = match refusal.reason() {
                Reason::Missing => "missing",
                Reason::Malformed => "malformed",
                _ => "invalid",
            };
            (word, refusal.answered().clone())
        }
        Verdict::Forbidden(refusal) => ("forbidden", refusal.answered().clone()),
        Verdict::Unavailable { .. } => ("unavailable", Answer::default()),
        Verdict::Failed(_) => ("failed", Answer::default()),
        _ => ("other", Answer::default()),
    }
}

fn member(word: &'static str, asked: &Arc<AtomicUsize>) -> impl Authenticate {
    let asked = Arc::clone(asked);
    auth_fn(move |_| {
        asked.fetch_add(1, Ordering::SeqCst);
        async move { says(word) }
    })
}

fn nothing() -> Credentials {
    Credentials::from_fields([] as [(&str, &str); 0])
}

/// What a chain of such members says, and how many of them were asked.
async fn asked(words: &[&'static str]) -> (&'static str, Answer, usize) {
    let count = Arc::default();
    let mut members = words.iter().map(|word| member(word, &count));
    let first = chain(members.next().unwrap());
    let chain = members.fold(first, Chain::or);
    let (word, answer) = word(&chain.authenticate(&nothing()).await);
    (word, answer, count.load(Ordering::SeqCst))
}

#[tokio::test]
async fn only_not_mine_and_nothing_sent_go_on() {
    for undecided in ["not mine", "missing"] {
        assert_eq!(asked(&[undecided, "known"]).await.0, "known", "{undecided}");
        for decided in ["known", "malformed", "invalid", "forbidden", "unavailable", "failed"] {
            let (word, _, count) = asked(&[undecided, decided, "known"]).await;
            assert_eq!((word, count), (decided, 2), "{undecided}, {decided}");
        }
    }
}

#[tokio::test]
async fn when_nobody_decides_nobody_gets_in() {
    for (words, expected) in [
        (&["not mine"][..], "not mine"),
        (&["not mine", "not mine", "not mine"], "not mine"),
        (&["missing", "missing"], "missing"),
        (&["not mine", "missing"], "missing"),
        (&["missing", "not mine"], "missing"),
    ] {
        let (word, _, count) = asked(words).await;
        assert_eq!((word, count), (expected, words.len()), "{words:?}");
    }
    let alone = chain(auth_fn(|_| async { Verdict::NotMine }));
    let refused = identify(&alone, &nothing()).await.unwrap_err();
    assert!(matches!(refused, Refused::Unauthenticated(_)));
}

#[tokio::test]
async fn the_answer_is_that_of_the_member_that_decides() {
    let answered = |word: &str| Answer::default().field("x-member", word);
    for decided in ["known", "malformed", "invalid", "forbidden"] {
        assert_eq!(asked(&["missing", "not mine", decided]).await.1, answered(decided));
    }
    assert_eq!(asked(&["not mine", "missing", "not mine"]).await.1, answered("missing"));
    let (first, second) = (Refusal::missing().detail("first"), Refusal::missing().detail("second"));
    let [first, second] = [first, second].map(|missing| {
        auth_fn(move |_| {
            let missing = missing.clone();
            async { missing }
        })
    });
    let Verdict::Refused(refusal) = chain(first).or(second).authenticate(&nothing()).await else {
        panic!("nobody was to get in")
    };
    assert_eq!(refusal.logged(), "first");
    assert_eq!(asked(&["missing", "unavailable"]).await.1, Answer::default());
}

#[tokio::test]
async fn chains_can_be_members() {
    let count = Arc::default();
    let inner = |word| chain(member("not mine", &count)).or(member(word, &count));
    for undecided in ["not mine", "missing"] {
        let outer = chain(inner(undecided)).or(inner("known"));
        assert_eq!(word(&outer.authenticate(&nothing()).await).0, "known");
    }
}

#[tokio::test]
async fn a_panic_is_a_failure_and_asks_nobody_else() {
    let count = Arc::default();
    let chain = chain(member("not mine", &count)).or(member("panic", &count));
    let refused = identify(&chain.or(member("known", &count)), &nothing()).await.unwrap_err();
    assert!(matches!(refused, Refused::Failed(_)));
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

/// A member that only says what it is.
struct Said(Vec<Challenge>, ResourceCard);

impl Authenticate for Said {
    fn authenticate<'a>(&'a self, _: &'a Credentials) -> BoxFuture<'a, Verdict> {
        Box::pin(async { Verdict::NotMine })
    }
    fn challenges(&self, _: &Refusal) -> Vec<Challenge> {
        self.0.clone()
    }
    fn card(&self) -> ResourceCard {
        self.1.clone()
    }
}

#[test]
fn challenges_are_those_of_all_bearer_first_and_none_twice() {
    let said = |challenges: &[Challenge]| Said(challenges.to_vec(), ResourceCard::default());
    let (dpop, realm) = (Challenge::new("DPoP"), Challenge::bearer().param("realm", "a"));
    let chain = chain(said(&[dpop.clone(), Challenge::bearer()]))
        .or(said(&[Challenge::new("Basic"), Challenge::new("bearer"), realm.clone()]))
        .or(said(&[Challenge::new("dpop"), Challenge::bearer()]));
    assert_eq!(
        chain.challenges(&Refusal::missing()),
        [Challenge::bearer(), realm, dpop, Challenge::new("Basic")]
    );
}

fn card(issuers: &[&str], principals: &[PrincipalType]) -> ResourceCard {
    let mut card = ResourceCard::default();
    card.authorization_servers = issuers.iter().map(|issuer| (*issuer).to_owned()).collect();
    card.principals = principals.to_vec();
    card
}

#[test]
fn the_card_names_every_issuer_and_promises_what_all_members_make() {
    let [text, number, flag] =
        [PrincipalType::of::<String>(), PrincipalType::of::<u8>(), PrincipalType::of::<bool>()];
    let json = |text: &str| Json::from_text(format!("{text:?}")).unwrap();
    let mut first = card(&["https://a", "https://b"], &[text, number]);
    first.more = vec![("a".into(), json("first"))];
    let mut second = card(&["https://b", "https://c"], &[number, flag]);
    second.more = vec![("a".into(), json("second")), ("b".into(), json("second"))];
    second.needs_resource = true;
    let said = |card: &ResourceCard| Said(vec![], card.clone());
    for (one, other, issuers, more) in [
        (&first, &second, ["https://a", "https://b", "https://c"], "first"),
        (&second, &first, ["https://b", "https://c", "https://a"], "second"),
    ] {
        let card = chain(said(one)).or(said(other)).card();
        assert_eq!(card.authorization_servers, issuers);
        assert_eq!(card.principals, [number]);
        assert!(card.needs_resource);
        assert_eq!(card.more, [("a".to_owned(), json(more)), ("b".to_owned(), json("second"))]);
    }
    // Clients ask the first that is named, as that wants to be asked.
    second.scope_prefix = Some("b/".into());
    let prefix = |chain: Chain| chain.card().scope_prefix;
    assert_eq!(prefix(chain(said(&first)).or(said(&second))), None);
    assert_eq!(prefix(chain(said(&second)).or(said(&first))), Some("b/".into()));
    let keys = said(&ResourceCard::default());
    assert_eq!(prefix(chain(keys).or(said(&second)).or(said(&first))), Some("b/".into()));
    // One that makes none, wherever it stands, leaves nothing to promise.
    let none = ResourceCard::default();
    assert!(chain(said(&none)).or(said(&first)).card().principals.is_empty());
    assert!(chain(said(&first)).or(said(&none)).card().principals.is_empty());
    assert!(!chain(said(&first)).or(said(&none)).card().needs_resource);
    assert_eq!(chain(said(&first)).card(), first);
}

#[test]
fn proof_is_promised_for_all_tokens_only_where_every_member_that_takes_some_asks_for_it() {
    let name = "dpop_bound_access_tokens_required";
    let with = |issuers: &[&str], required: Option<&str>| {
        let mut card = card(issuers, &[]);
        let json = |text: &str| (name.to_owned(), Json::from_text(text.to_owned()).unwrap());
        card.more = required.map(json).into_iter().collect();
        Said(vec![], card)
    };
    let strict = || with(&["https://a"], Some("true"));
    let keys = || with(&[], None);
    let told = |chain: Chain| {
        let more = chain.card().more;
        more.first().map(|(_, value)| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    for lax in [|| ("https://b", None), || ("https://b", Some("false"))] {
        let (issuer, required) = lax();
        let lax = || with(&[issuer], required);
        for chain in [chain(strict()).or(lax()), chain(lax()).or(keys()).or(strict())] {
            assert_ne!(told(chain).as_deref(), Some("true"), "{required:?}");
        }
    }
    // Keys are no access tokens.
    for chain in [chain(keys()).or(strict()), chain(strict()).or(keys()).or(strict())] {
        assert_eq!(told(chain).as_deref(), Some("true"));
    }
}
