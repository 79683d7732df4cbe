//! The kit sees what is broken: one faulty transport for every rule, and none for a sound one.

mod toy;

use self::toy::Fault;
use super::{rules::*, transport};

async fn broken(fault: Fault) -> Vec<&'static str> {
    let checked = transport(|auth| toy::make(auth, fault)).check().await;
    checked.map_or_else(|broken| broken.rules(), |()| Vec::new())
}

#[tokio::test(start_paused = true)]
async fn a_sound_transport_passes() {
    transport(|auth| toy::make(auth, Fault::None)).check().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_without_notes_passes_as_such_and_no_otherwise() {
    transport(|auth| toy::make(auth, Fault::BearsNoNotes)).without_notes().check().await.unwrap();
    assert!(broken(Fault::BearsNoNotes).await.contains(&NOTES));
    let noisy = transport(|auth| toy::make(auth, Fault::None)).without_notes().check().await;
    assert_eq!(noisy.unwrap_err().rules(), [NOTES]);
}

/// A fault, and the rules that it breaks.
async fn breaks(fault: Fault, rules: &[&str]) {
    assert_eq!(broken(fault).await, rules, "{fault:?}");
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
    everybody_is_who_came_first: FirstCaller => [CALLER, AGAIN, APART];
    nobodys_name_reaches_the_service: Nameless => [CALLER, AGAIN, APART];
    serves_before_it_looks: ServesFirst => [REFUSED, UNSURE, AGAIN];
    lets_pass_who_sends_nothing: MissingIsFine => [REFUSED];
    refuses_as_if_it_had_failed: RefusesAsFailure => [REFUSED, AGAIN];
    lets_pass_what_cannot_be_decided: PassesUndecided => [UNSURE];
    says_why_its_authenticator_failed: TellsWhy => [UNSURE];
    has_its_authenticator_bare: BareAuthenticator => [UNSURE];
    judges_once: JudgesOnce => [AGAIN];
    judges_in_line: JudgesInLine => [SLOW];
    loses_notes: LosesNotes => [NOTES];
    swaps_notes: SwapsNotes => [NOTES, DROPPED];
    sends_notes_last: NotesLast => [NOTES, DROPPED];
    knows_no_bound: NoBound => [AHEAD];
    has_one_writer_for_all: OneWriter => [AHEAD];
    mixes_replies: MixesReplies => [APART];
    is_blunt_about_errors: BluntErrors => [ERRORS];
    refuses_in_a_result: RefusesInResult => [DENIED];
    ends_at_a_panic: PanicEndsAll => [PANIC];
    is_silent_at_a_panic: PanicIsSilence => [PANIC];
    says_what_a_panic_said: TellsPanic => [PANIC];
    runs_on: RunsOn => [DROPPED];
    drops_everybody: DropsAll => [DROPPED];
    tells_nobody_of_the_end: NoEnding => [TOLD];
    cuts_calls_off: CutsOff => [DRAINED];
    never_ends: NeverEnds => [DRAINED];
    ends_badly: EndsBadly => [DRAINED];
    serves_on: ServesOn => [OVER];
    dies_of_garbage: DiesOfGarbage => [GARBAGE];
    serves_garbage: ServesGarbage => [GARBAGE];
}
