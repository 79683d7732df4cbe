//! The rules of an authenticator, and what is sent to see each of them broken.

use std::panic::{AssertUnwindSafe, catch_unwind};

use toolgate_core::{Credentials, Key, Refusal, ResourceCard, authenticate::Reason};

use super::{
    Sample,
    bench::{Asked, Bench, owner},
    change,
};

pub(super) const FITS: &str = "the samples fit";
pub(super) const KNOWN: &str = "valid credentials are known as whose they are";
pub(super) const MISSING: &str = "no credentials are refused as missing, or left to others";
pub(super) const CASE: &str = "the case of a scheme does not count";
pub(super) const SCHEME: &str = "another scheme is nobody";
pub(super) const TWICE: &str = "credentials sent twice are nobody";
pub(super) const QUERY: &str = "credentials in the query are nobody";
pub(super) const GARBAGE: &str = "garbage is nobody";
pub(super) const CHANGED: &str = "credentials with one byte changed are nobody";
pub(super) const REFUSED: &str = "what must be refused is refused";
pub(super) const APART: &str = "callers at the same time are told apart";
pub(super) const PANICS: &str = "nothing panics";
pub(super) const ANSWERED: &str = "everything is answered";
pub(super) const FAILURES: &str = "nothing that a peer sends is a failure";
pub(super) const SHOWS: &str = "nothing shows a credential";
pub(super) const SENDABLE: &str = "refusals and answers can be sent";
pub(super) const CARD: &str = "the card stays the same";

/// Callers that ask at the same time.
const CALLERS: usize = 64;

type Known = [(Sample, Key)];

/// Runs all of them.
pub(super) async fn check(bench: &mut Bench<'_>, known: &Known, refused: &[(String, Sample)]) {
    let card = card(bench);
    missing(bench, known).await;
    for (sample, key) in known {
        one(bench, sample, key).await;
        case(bench, sample, key).await;
        scheme(bench, sample, key).await;
        twice(bench, known, sample, key).await;
        query(bench, sample, key).await;
        garbage(bench, sample, key).await;
        changed(bench, known, sample, key).await;
    }
    for (name, sample) in refused {
        let with = bench.request(sample);
        match bench.ask(name, &with, sample.secret()).await {
            Asked::Known(identity) => taken(bench, REFUSED, name, &identity.key),
            Asked::PutOff => bench.add(REFUSED, format!("{name}: put off")),
            _ => {}
        }
    }
    apart(bench, known).await;
    for refusal in [Refusal::missing(), Refusal::malformed("x"), Refusal::invalid("x")] {
        bench.challenges("any refusal", &refusal, "");
    }
    // After all that was asked, and the valid credentials with it.
    for (sample, key) in known {
        one(bench, sample, key).await;
    }
    if card != self::card(bench) {
        bench.add(CARD, "two cards differ");
    }
}

fn card(bench: &mut Bench<'_>) -> Option<ResourceCard> {
    let authenticator = bench.authenticator();
    let card = catch_unwind(AssertUnwindSafe(|| authenticator.card()));
    if card.is_err() {
        bench.add(PANICS, "when asked for its card");
    }
    card.ok()
}

async fn missing(bench: &mut Bench<'_>, known: &Known) {
    for (sample, key) in known {
        let what = format!("what goes beside the credential of {}", owner(key));
        let with = bench.request_of(sample, &[]);
        match bench.ask(&what, &with, "").await {
            Asked::Known(identity) => taken(bench, MISSING, &what, &identity.key),
            Asked::Refused(refusal) if refusal.reason() != Reason::Missing => {
                let found = format!("{what}: refused as {:?}", refusal.reason());
                bench.add(MISSING, found);
            }
            Asked::Forbidden => bench.add(MISSING, format!("{what}: forbidden")),
            Asked::PutOff => bench.add(MISSING, format!("{what}: put off")),
            Asked::Refused(_) | Asked::NotMine | Asked::Nothing => {}
        }
    }
}

async fn one(bench: &mut Bench<'_>, sample: &Sample, key: &Key) {
    let with = bench.request(sample);
    somebody(bench, KNOWN, "the credential of", sample, key, with).await;
}

async fn case(bench: &mut Bench<'_>, sample: &Sample, key: &Key) {
    let Some(scheme) = sample.auth_scheme() else { return };
    for scheme in [scheme.to_ascii_lowercase(), scheme.to_ascii_uppercase()] {
        let value = format!("{scheme} {}", sample.secret()).into_bytes();
        let with = bench.request_of(sample, &[value]);
        somebody(bench, CASE, &format!("`{scheme}` and the credential of"), sample, key, with)
            .await;
    }
}

async fn scheme(bench: &mut Bench<'_>, sample: &Sample, key: &Key) {
    let Some(own) = sample.auth_scheme() else { return };
    let secret = sample.secret();
    let others = ["Basic", "Digest", "Negotiate", "Unheard-Of"];
    let others = others.into_iter().filter(|other| !other.eq_ignore_ascii_case(own));
    let mut values: Vec<_> = others.map(|other| format!("{other} {secret}")).collect();
    values.extend([format!("{own}{secret}"), format!("{own}:{secret}"), secret.to_owned()]);
    values.extend([format!("{own}er {secret}"), format!("Basic {own} {secret}")]);
    for value in values {
        // What stands there in place of the scheme, with the credential taken out.
        let told = value.replace(secret, "..");
        let with = bench.request_of(sample, &[value.into_bytes()]);
        nobody(bench, SCHEME, &format!("`{told}` with {}", owner(key)), &with, secret).await;
    }
}

async fn twice(bench: &mut Bench<'_>, known: &Known, sample: &Sample, key: &Key) {
    let valid = sample.value();
    let mut pairs = vec![
        ("the credential twice", vec![valid.clone(), valid.clone()]),
        ("and then garbage", vec![valid.clone(), sample.value_of("garbage")]),
        ("after garbage", vec![sample.value_of("garbage"), valid.clone()]),
        ("and then nothing", vec![valid.clone(), vec![]]),
    ];
    let another = known.iter().find(|(other, _)| *other != *sample);
    if let Some((other, _)) = another {
        pairs.push(("and then somebody else's", vec![valid.clone(), other.value()]));
    }
    for (told, values) in pairs {
        let with = bench.request_of(sample, &values);
        let what = format!("{}: {told}", owner(key));
        nobody(bench, TWICE, &what, &with, sample.secret()).await;
    }
}

/// RFC 6750, section 2.3, and RFC 9700, section 4.3.2. Beside a token in its place one in the query
/// is a second one (RFC 6750, section 2); other credentials may well ignore the query.
async fn query(bench: &mut Bench<'_>, sample: &Sample, key: &Key) {
    let alone = bench.request_by_query(sample, &[]);
    let what = format!("the credential of {} in the query", owner(key));
    nobody(bench, QUERY, &what, &alone, sample.secret()).await;
    if sample.auth_scheme().is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer")) {
        let both = bench.request_by_query(sample, &[sample.value()]);
        nobody(bench, QUERY, &format!("{what} and in its place"), &both, sample.secret()).await;
    }
}

async fn garbage(bench: &mut Bench<'_>, sample: &Sample, key: &Key) {
    for (told, value) in change::garbage(&sample.prefix(), sample.secret()) {
        let with = bench.request_of(sample, &[value]);
        let what = format!("{told}, in place of the credential of {}", owner(key));
        nobody(bench, GARBAGE, &what, &with, sample.secret()).await;
    }
}

async fn changed(bench: &mut Bench<'_>, known: &Known, sample: &Sample, key: &Key) {
    let valid = |changed: &[u8]| known.iter().any(|(one, _)| one.secret().as_bytes() == changed);
    for (at, changed) in change::one_byte(sample.secret()).filter(|(_, it)| !valid(it)) {
        let secret = std::str::from_utf8(&changed).unwrap_or_default();
        let with = bench.request_of(sample, &[sample.value_of(&changed)]);
        let what = format!("the credential of {}, byte {at} changed", owner(key));
        nobody(bench, CHANGED, &what, &with, secret).await;
    }
}

/// Callers, and some who send nothing, take turns.
async fn apart(bench: &mut Bench<'_>, known: &Known) {
    let mut turns = known.iter().map(Some).chain([None]).cycle();
    let mut requests = Vec::new();
    let mut expected = Vec::new();
    for (nth, turn) in turns.by_ref().take(CALLERS).enumerate() {
        let Some((first, _)) = known.first() else { return };
        let (with, key) = match turn {
            Some((sample, key)) => (bench.request(sample), Some(key)),
            None => (bench.request_of(first, &[]), None),
        };
        requests.push((format!("caller {nth} of {CALLERS}"), with));
        expected.push(key);
    }
    let all = bench.ask_all(requests).await;
    for (nth, (asked, expected)) in all.iter().zip(expected).enumerate() {
        let found = match (asked, expected) {
            (Asked::Known(identity), Some(key)) if identity.key == *key => continue,
            (Asked::Known(identity), _) => format!("taken for {}", owner(&identity.key)),
            (_, None) => continue,
            (_, Some(_)) => "not known".to_owned(),
        };
        let who = expected.map_or_else(|| "who sends nothing".to_owned(), owner);
        bench.add(APART, format!("caller {nth}, {who}: {found}"));
    }
}

async fn somebody(
    bench: &mut Bench<'_>,
    rule: &'static str,
    told: &str,
    sample: &Sample,
    key: &Key,
    with: Credentials,
) {
    let what = format!("{told} {}", owner(key));
    let found = match bench.ask(&what, &with, sample.secret()).await {
        Asked::Known(identity) if identity.key == *key => return,
        Asked::Nothing => return,
        Asked::Known(identity) => return taken(bench, rule, &what, &identity.key),
        Asked::Refused(refusal) => format!("{what}: refused as {:?}", refusal.reason()),
        Asked::NotMine => format!("{what}: not mine"),
        Asked::Forbidden => format!("{what}: forbidden"),
        Asked::PutOff => format!("{what}: put off"),
    };
    bench.add(rule, found);
}

async fn nobody(
    bench: &mut Bench<'_>,
    rule: &'static str,
    what: &str,
    with: &Credentials,
    secret: &str,
) {
    if let Asked::Known(identity) = bench.ask(what, with, secret).await {
        taken(bench, rule, what, &identity.key);
    }
}

fn taken(bench: &mut Bench<'_>, rule: &'static str, what: &str, key: &Key) {
    bench.add(rule, format!("{what}: taken for {}", owner(key)));
}
