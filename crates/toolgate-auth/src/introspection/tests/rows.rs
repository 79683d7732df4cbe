//! Wrong answers about opaque tokens, a row each.

use http::Response;
use serde_json::{Value, json};

use super::{super::*, good};
use crate::{
    bound::{Dpop, Mtls},
    jwt::tests::kit::{self, NOW, RESOURCE},
    table::{Family, Row},
};

/// An answer, and what it is held against.
pub(crate) struct Draft {
    answer: Value,
    settings: Settings,
}

fn draft() -> Draft {
    Draft { answer: good(), settings: kit::settings() }
}

fn judged(draft: &Draft, off: Option<Rule>) -> Result<(), Rule> {
    let mut settings = draft.settings.clone();
    settings.rules = off.map_or_else(Rules::default, Rules::without);
    let reply = Response::builder().header(http::header::CONTENT_TYPE, "application/json");
    let reply = reply.body(draft.answer.to_string().into()).unwrap();
    let Ok(Said::Active(mut claims)) = answer::read(&reply, Dialect::Standard) else {
        panic!("{}", draft.answer);
    };
    complete(&mut claims, &settings.issuer, false);
    judge_answer(&claims, &settings, RESOURCE, kit::now()).map_err(|fault| fault.rule())
}

pub(crate) const TABLE: Family<Rule, Draft> = Family {
    name: "opaque token",
    rules: &[
        Rule::Type,
        Rule::Issuer,
        Rule::Audience,
        Rule::Expiry,
        Rule::NotBefore,
        Rule::IssuedAt,
        Rule::Subject,
        Rule::IdToken,
        Rule::RefreshToken,
        Rule::Bound,
        Rule::Unbound,
        Rule::Uncertified,
    ],
    rows: ROWS,
    good: draft,
    judge: judged,
    shows: |rule| rule,
};

const ROWS: &[Row<Rule, Draft>] = &[
    ("of another type", Rule::Type, |draft| draft.answer["token_type"] = "N_A".into()),
    ("type no text", Rule::Type, |draft| draft.answer["token_type"] = json!(["Bearer"])),
    ("another issuer", Rule::Issuer, |draft| draft.answer["iss"] = "https://evil.example".into()),
    ("issuer and a slash", Rule::Issuer, |draft| {
        draft.answer["iss"] = "https://issuer.example/".into();
    }),
    ("another audience", Rule::Audience, |draft| {
        draft.answer["aud"] = "https://other.example".into();
    }),
    ("audiences that are no text", Rule::Audience, |draft| {
        draft.answer["aud"] = json!([RESOURCE, 1]);
    }),
    ("no audience", Rule::Audience, |draft| remove(draft, "aud")),
    ("the resource, but another is set", Rule::Audience, |draft| {
        draft.settings.audiences = vec!["api".into()];
    }),
    ("expired", Rule::Expiry, |draft| draft.answer["exp"] = (NOW - 30).into()),
    ("no end", Rule::Expiry, |draft| remove(draft, "exp")),
    ("end as text", Rule::Expiry, |draft| draft.answer["exp"] = (NOW + 300).to_string().into()),
    ("not yet", Rule::NotBefore, |draft| draft.answer["nbf"] = (NOW + 31).into()),
    ("issued in the future", Rule::IssuedAt, |draft| draft.answer["iat"] = (NOW + 31).into()),
    ("no subject", Rule::Subject, |draft| remove(draft, "sub")),
    ("empty subject", Rule::Subject, |draft| draft.answer["sub"] = "".into()),
    ("subject no text", Rule::Subject, |draft| draft.answer["sub"] = 7.into()),
    ("nonce", Rule::IdToken, |draft| draft.answer["nonce"] = "n".into()),
    ("ID token of Cognito", Rule::IdToken, |draft| draft.answer["token_use"] = "id".into()),
    ("refresh token of Hydra", Rule::IdToken, |draft| {
        draft.answer["token_use"] = "refresh_token".into();
    }),
    ("refresh token of Keycloak", Rule::RefreshToken, |draft| {
        draft.answer["typ"] = "Refresh".into();
    }),
    ("bound to a key by DPoP", Rule::Bound, |draft| {
        draft.answer["cnf"] = json!({"jkt": "abc"});
    }),
    ("bound to a key, and to which is not said", Rule::Bound, |draft| {
        draft.settings.dpop = Dpop::Allowed;
        draft.answer["token_type"] = "DPoP".into();
    }),
    ("bound to a certificate", Rule::Bound, |draft| {
        draft.settings.dpop = Dpop::Allowed;
        draft.answer["cnf"] = json!({"x5t#S256": "abc"});
    }),
    ("not bound, where all are", Rule::Unbound, |draft| draft.settings.dpop = Dpop::Required),
    ("bound to a certificate, and said to be to a key", Rule::Bound, |draft| {
        (draft.settings.dpop, draft.settings.mtls) = (Dpop::Allowed, Mtls::Allowed);
        draft.answer["token_type"] = "DPoP".into();
        draft.answer["cnf"] = json!({"x5t#S256": "abc"});
    }),
    ("not certified, where all are", Rule::Uncertified, |draft| {
        draft.settings.mtls = Mtls::Required;
    }),
];

fn remove(draft: &mut Draft, member: &str) {
    draft.answer.as_object_mut().unwrap().remove(member).unwrap();
}
