//! A small authenticator of bearer tokens, with one fault at a time.

use std::{
    future::pending,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::task::yield_now;
use toolgate_core::{
    Answer, Authenticate, BoxFuture, Challenge, Credentials, Identity, Key, Refusal, ResourceCard,
    Verdict, authenticate::Reason, credentials::Field,
};

pub(super) const ISSUER: &str = "faulty";

/// Subject, claims and signature.
pub(super) const ANN: &str = "ann.claims-of-ann.c2lnbmVkLWJ5LXVz";
pub(super) const BOB: &str = "bob.claims-of-bob.YnktdXMtdG9vLWJvYg";
/// Was ann's once.
pub(super) const OLD: &str = "ann.claims-of-old.b2xkLXNpZ25hdHVyZQ";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    OwnField,
    OwnFieldFirst,
    WrongKey,
    Default,
    MissingIsInvalid,
    MissingIsForbidden,
    CaseOfScheme,
    AnyScheme,
    NoScheme,
    FirstOfTwo,
    LastOfTwo,
    Query,
    QueryBeside,
    Prefix,
    UpToNul,
    Quotes,
    Unsigned,
    IgnoresOneByte,
    Expired,
    ExpiredIsPutOff,
    SharedState,
    PanicsAtNoText,
    PanicsAtOnce,
    PanicsInChallenges,
    PanicsInCard,
    Hangs,
    Fails,
    LeaksInMessage,
    LeaksInDetail,
    LeaksHalf,
    LeaksInAnswer,
    LeaksInError,
    LeaksInChallenge,
    LeaksInKey,
    NoChallenge,
    BadChallenge,
    BadAnswer,
    Card,
    WearsOut,
}

pub(super) struct Faulty {
    fault: Fault,
    current: Mutex<String>,
    asked: AtomicUsize,
}

impl Faulty {
    pub(super) fn new(fault: Fault) -> Self {
        Self { fault, current: Mutex::default(), asked: AtomicUsize::new(0) }
    }

    /// The one value of the field, as far as the fault lets it be one.
    fn value(&self, with: &Credentials) -> Result<Vec<u8>, Verdict> {
        let own = matches!(self.fault, Fault::OwnField | Fault::OwnFieldFirst);
        let name = if own { "x-key" } else { "authorization" };
        match (with.field(name), self.fault) {
            (Field::One(value), _) => Ok(value.into_vec()),
            (Field::Absent, Fault::Default) => {
                Err(Verdict::known(Identity::new(Key::new(ISSUER, "guest"))))
            }
            (Field::Absent, Fault::MissingIsInvalid) => Err(Refusal::invalid("no").into()),
            (Field::Absent, Fault::MissingIsForbidden) => {
                Err(Verdict::Forbidden(Refusal::invalid("no")))
            }
            (Field::Absent, Fault::Query) if with.target().contains(ANN) => Ok(bearer(ANN)),
            (Field::Absent, _) => Err(Refusal::missing().into()),
            // Both of these are what the kit sends twice.
            (_, Fault::FirstOfTwo | Fault::LastOfTwo | Fault::OwnFieldFirst) => {
                Ok(if own { ANN.into() } else { bearer(ANN) })
            }
            _ => Err(Refusal::malformed("twice").into()),
        }
    }

    /// The token of a value, as far as the fault lets it be one.
    fn token(&self, value: Vec<u8>) -> Result<String, Verdict> {
        let text = match (String::from_utf8(value), self.fault) {
            (Ok(text), _) => text,
            (Err(error), Fault::PanicsAtNoText) => panic!("{error}"),
            (Err(_), Fault::Fails) => return Err(Verdict::Failed("no text".into())),
            (Err(_), _) => return Err(Refusal::invalid("no text").into()),
        };
        if matches!(self.fault, Fault::OwnField | Fault::OwnFieldFirst) {
            return Ok(text);
        }
        let Some((scheme, token)) = text.split_once(' ') else {
            return if self.fault == Fault::NoScheme { Ok(text) } else { Err(Verdict::NotMine) };
        };
        let case = self.fault == Fault::CaseOfScheme;
        let named = if case { scheme == "Bearer" } else { scheme.eq_ignore_ascii_case("bearer") };
        if named || self.fault == Fault::AnyScheme {
            return Ok(token.to_owned());
        }
        Err(Verdict::NotMine)
    }

    /// The subject of a token.
    fn subject(&self, token: &str) -> Option<String> {
        let token = match self.fault {
            Fault::UpToNul => token.split('\0').next().unwrap_or_default(),
            Fault::Quotes => token.trim_matches('"'),
            _ => token,
        };
        let fits = |known: &str| match self.fault {
            Fault::Prefix => token.get(..16) == known.get(..16),
            Fault::Unsigned => token.split('.').nth(1) == known.split('.').nth(1),
            Fault::IgnoresOneByte => {
                token.len() == known.len() && (token.get(1..) == known.get(1..))
            }
            Fault::WearsOut => token == known && self.asked.load(Ordering::SeqCst) < 200,
            _ => token == known,
        };
        let known = [ANN, BOB].into_iter().find(|known| fits(known));
        let known = known.or_else(|| {
            let expired = matches!(self.fault, Fault::Expired | Fault::Unsigned);
            (expired && fits(OLD)).then_some(OLD)
        });
        Some(match (known?, self.fault) {
            (known, Fault::LeaksInKey) => known.to_owned(),
            (_, Fault::WrongKey) => "eve".to_owned(),
            (known, _) => known.split('.').next()?.to_owned(),
        })
    }

    async fn judge(&self, with: &Credentials) -> Result<Identity, Verdict> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let queried = with.target().contains("access_token");
        if queried && !matches!(self.fault, Fault::Query | Fault::QueryBeside) {
            return Err(Refusal::malformed("in the query").into());
        }
        let token = self.token(self.value(with)?)?;
        let own = matches!(self.fault, Fault::OwnField | Fault::OwnFieldFirst);
        if own && with.field("x-tenant") == Field::Absent {
            return Err(Refusal::invalid("no tenant").into());
        }
        match self.fault {
            Fault::Hangs if token.len() > 1000 => pending().await,
            Fault::ExpiredIsPutOff if token == OLD => {
                return Err(Verdict::Unavailable { retry: std::time::Duration::ZERO });
            }
            _ => {}
        }
        let Some(mut subject) = self.subject(&token) else { return Err(self.refusal(&token)) };
        if self.fault == Fault::SharedState {
            self.current.lock().unwrap().clone_from(&subject);
            yield_now().await;
            subject = self.current.lock().unwrap().clone();
        }
        Ok(Identity::new(Key::new(ISSUER, subject)))
    }

    fn refusal(&self, token: &str) -> Verdict {
        let refusal = Refusal::invalid("unknown");
        match self.fault {
            Fault::LeaksInMessage => Refusal::invalid(format!("{token} is unknown")).into(),
            Fault::LeaksInDetail => refusal.detail(format!("{token} is unknown")).into(),
            Fault::LeaksHalf => {
                let half = token.char_indices().nth(token.chars().count() / 3);
                let half = half.map_or("", |(at, _)| &token[at..]);
                refusal.detail(format!("..{half} is unknown")).into()
            }
            Fault::LeaksInAnswer => refusal
                .answer(Answer::default().field("x-token", token.escape_default().to_string()))
                .into(),
            Fault::LeaksInError => Verdict::Failed(format!("{token} is unknown").into()),
            Fault::LeaksInChallenge => {
                self.current.lock().unwrap().replace_range(.., token);
                refusal.into()
            }
            Fault::BadAnswer => {
                refusal.answer(Answer::default().field("x-why", "a\r\nset-cookie: b")).into()
            }
            _ => refusal.into(),
        }
    }
}

fn bearer(token: &str) -> Vec<u8> {
    format!("Bearer {token}").into()
}

impl Authenticate for Faulty {
    fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict> {
        if self.fault == Fault::PanicsAtOnce {
            assert_ne!(with.field("authorization"), Field::One(b"".as_slice().into()));
        }
        Box::pin(async { self.judge(with).await.map_or_else(|verdict| verdict, Verdict::known) })
    }

    fn challenges(&self, why: &Refusal) -> Vec<Challenge> {
        match self.fault {
            Fault::NoChallenge => Vec::new(),
            Fault::BadChallenge => vec![Challenge::new("Bearer realm=x")],
            Fault::PanicsInChallenges => {
                assert_ne!(why.reason(), Reason::Malformed);
                vec![Challenge::bearer()]
            }
            Fault::LeaksInChallenge => {
                vec![Challenge::bearer().param("realm", self.current.lock().unwrap().clone())]
            }
            _ => vec![Challenge::bearer()],
        }
    }

    fn card(&self) -> ResourceCard {
        let mut card = ResourceCard::default();
        match self.fault {
            Fault::PanicsInCard => panic!("no card"),
            Fault::Card => {
                let asked = self.asked.load(Ordering::SeqCst);
                card.authorization_servers = vec![format!("https://{asked}.example")];
            }
            _ => {}
        }
        card
    }
}
