//! The kit sees what is broken: one faulty authenticator for every rule, and none for a sound one.

mod faulty;

use toolgate_core::{Authenticate, BoxFuture, Credentials, Key, Verdict};

use self::faulty::{ANN, BOB, Fault, Faulty, ISSUER, OLD};
use super::{AuthenticatorContract, Sample, authenticator, rules::*};

fn key(subject: &str) -> Key {
    Key::new(ISSUER, subject)
}

fn contract<A: Authenticate>(of: A) -> AuthenticatorContract<A> {
    authenticator(of)
        .known(Sample::bearer(ANN), key("ann"))
        .known(Sample::bearer(BOB), key("bob"))
        .refused("expired", Sample::bearer(OLD))
}

async fn breaks(fault: Fault, rules: &[&str]) {
    let broken = contract(Faulty::new(fault)).check().await;
    let broken = broken.map_or_else(|broken| broken.to_string(), |()| "nothing".to_owned());
    let lines = broken.lines().filter_map(|line| line.strip_prefix("  "));
    let found: Vec<_> = lines.filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(found, rules, "{fault:?}: {broken}");
    assert!(!broken.contains(ANN) && !broken.contains(BOB), "{broken}");
}

#[tokio::test(start_paused = true)]
async fn a_sound_authenticator_passes() {
    contract(Faulty::new(Fault::None)).check().await.unwrap();
    let alone = authenticator(Faulty::new(Fault::None)).known(Sample::bearer(ANN), key("ann"));
    alone.check().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_that_leaves_everything_to_others_knows_nobody() {
    struct Nobody;
    impl Authenticate for Nobody {
        fn authenticate<'a>(&'a self, _: &'a Credentials) -> BoxFuture<'a, Verdict> {
            Box::pin(async { Verdict::NotMine })
        }
    }
    let broken = contract(Nobody).check().await.unwrap_err();
    assert_eq!(broken.rules(), [KNOWN, CASE, APART]);
}

#[tokio::test(start_paused = true)]
async fn samples_that_prove_nothing_are_told() {
    let none = authenticator(Faulty::new(Fault::None)).check().await.unwrap_err();
    assert_eq!(none.rules(), [FITS]);
    let short = authenticator(Faulty::new(Fault::None))
        .known(Sample::bearer("short"), key("ann"))
        .refused("old", Sample::bearer("old"))
        .known(Sample::bearer(BOB), key("bob"))
        .known(Sample::bearer(BOB), key("ann"));
    let short = short.check().await.unwrap_err();
    assert_eq!((short.rules(), short.breaches().len()), (vec![FITS], 3));
}

#[tokio::test(start_paused = true)]
async fn a_field_of_its_own_does_as_well() {
    let contract = |fault| {
        authenticator(Faulty::new(fault))
            .known(Sample::field("x-key", ANN).beside("x-tenant", "1"), key("ann"))
            .refused("without a tenant", Sample::field("x-key", ANN))
    };
    contract(Fault::OwnField).check().await.unwrap();
    let broken = contract(Fault::OwnFieldFirst).check().await.unwrap_err();
    assert_eq!(broken.rules(), [TWICE]);
}

macro_rules! faults {
    ($($name:ident: $fault:ident => [$($rule:ident),*];)*) => {
        $(#[tokio::test(start_paused = true)]
        async fn $name() {
            breaks(Fault::$fault, &[$($rule),*]).await;
        })*
    };
}

faults! {
    takes_one_for_another: WrongKey => [KNOWN, CASE, APART];
    has_somebody_by_default: Default => [MISSING, APART];
    refuses_missing_as_invalid: MissingIsInvalid => [MISSING];
    forbids_missing: MissingIsForbidden => [MISSING];
    minds_the_case_of_the_scheme: CaseOfScheme => [CASE];
    ignores_the_scheme: AnyScheme => [SCHEME];
    does_without_a_scheme: NoScheme => [SCHEME];
    takes_the_first_of_two: FirstOfTwo => [TWICE];
    takes_the_last_of_two: LastOfTwo => [TWICE];
    takes_the_query: Query => [QUERY];
    overlooks_the_query: QueryBeside => [QUERY];
    compares_a_prefix: Prefix => [GARBAGE, CHANGED];
    compares_up_to_a_nul: UpToNul => [GARBAGE];
    trims_quotes: Quotes => [GARBAGE];
    checks_no_signature: Unsigned => [GARBAGE, CHANGED, REFUSED];
    ignores_case: IgnoresOneByte => [CHANGED];
    knows_the_expired: Expired => [REFUSED];
    puts_the_expired_off: ExpiredIsPutOff => [REFUSED];
    has_one_current_caller: SharedState => [APART];
    panics_at_what_is_no_text: PanicsAtNoText => [PANICS];
    panics_at_once: PanicsAtOnce => [PANICS];
    panics_when_it_challenges: PanicsInChallenges => [PANICS];
    panics_at_its_card: PanicsInCard => [PANICS];
    never_answers_what_is_long: Hangs => [ANSWERED];
    fails_at_garbage: Fails => [FAILURES];
    says_the_token_to_the_peer: LeaksInMessage => [SHOWS];
    says_the_token_to_the_log: LeaksInDetail => [SHOWS];
    says_half_the_token: LeaksHalf => [SHOWS];
    says_the_token_in_an_answer: LeaksInAnswer => [SHOWS];
    says_the_token_in_an_error: LeaksInError => [FAILURES, SHOWS];
    says_the_token_in_a_challenge: LeaksInChallenge => [SHOWS];
    names_callers_by_their_token: LeaksInKey => [SHOWS, KNOWN, CASE, APART];
    does_not_challenge: NoChallenge => [SENDABLE];
    challenges_with_no_scheme: BadChallenge => [SENDABLE];
    answers_with_a_line_break: BadAnswer => [SENDABLE];
    has_a_card_that_changes: Card => [CARD];
    wears_out: WearsOut => [APART, KNOWN];
}
