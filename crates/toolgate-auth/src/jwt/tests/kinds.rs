//! The kind of a token, where its issuer names it: then a nonce tells nothing, and whatever else has one is
//! refused twice.

use super::{
    kit::Draft,
    rows::{judged, require},
};
use crate::rules::{Rule, Rules};

/// What is asked for, as the presets do and as an author may.
const ASKED: [(&str, &[&str]); 4] = [
    ("typ", &["Bearer", "DPoP"]),
    ("typ", &["Bearer"]),
    ("token_use", &["access"]),
    ("token_use", &["access", "access_token"]),
];

fn with_nonce(asked: (&str, &[&str]), kind: Option<&str>) -> Draft {
    let mut draft = Draft::good();
    draft.claims["nonce"] = "n".into();
    if let Some(kind) = kind {
        draft.claims[asked.0] = kind.into();
    }
    require(&mut draft, asked.0, asked.1);
    draft
}

fn refused(draft: &Draft, off: Option<Rule>) -> bool {
    let rules = off.map_or_else(Rules::default, Rules::without);
    judged(draft, &draft.token(), rules).is_err()
}

#[test]
fn a_nonce_tells_nothing_where_the_issuer_says_that_it_is_an_access_token() {
    for asked in ASKED {
        for kind in asked.1 {
            assert!(!refused(&with_nonce(asked, Some(kind)), None), "{asked:?}: {kind}");
        }
    }
}

#[test]
fn with_a_nonce_every_other_kind_is_refused_whichever_rule_is_left_out() {
    let others = [
        "ID",
        "id",
        "Refresh",
        "Offline",
        "refresh_token",
        "Logout",
        "Serialized-ID",
        "bearer",
        "Access",
        "",
    ];
    let others = others.into_iter().map(Some).chain([None]);
    for (asked, kind) in
        ASKED.iter().flat_map(|asked| others.clone().map(move |kind| (asked, kind)))
    {
        let draft = with_nonce(*asked, kind);
        for off in [None, Some(Rule::IdToken), Some(Rule::RefreshToken), Some(Rule::Required)] {
            assert!(refused(&draft, off), "{asked:?}: {kind:?}, without {off:?}");
        }
    }
}

#[test]
fn a_kind_that_is_no_text_is_none() {
    for asked in ASKED {
        let mut draft = with_nonce(asked, None);
        draft.claims[asked.0] = asked.1.into();
        for off in [None, Some(Rule::IdToken), Some(Rule::Required)] {
            assert!(refused(&draft, off), "{asked:?}, without {off:?}");
        }
    }
}
