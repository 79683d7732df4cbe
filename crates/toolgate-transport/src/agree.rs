//! Whether the service and the authenticator fit together.

use toolgate_core::{Card, ResourceCard};

/// What contradicts itself about who may call and who is asked, a sentence each. `auth` is the
/// authenticator's card, where there is an authenticator; `unnamed` tells that it needs the URL of
/// this server and nobody knows it.
pub(crate) fn problems(card: &Card, auth: Option<&ResourceCard>, unnamed: bool) -> Vec<String> {
    let mut problems = Vec::new();
    if auth.is_none() && (card.guarded || !card.required.is_empty()) {
        problems.push(
            "the server guards something and nobody authenticates; set auth, or take the guards \
             away"
                .into(),
        );
    } else if auth.is_none() && !card.open {
        problems.push(
            "nobody authenticates, so every call would be refused; set auth, or say open() on the \
             server"
                .into(),
        );
    }
    if unnamed {
        problems.push(
            "auth judges tokens by the URL of this server, which is not known here; set \
             public_url or TOOLGATE_PUBLIC_URL"
                .into(),
        );
    }
    let made = auth.map_or(&[][..], |auth| &auth.principals);
    for needed in card.principals.iter().filter(|needed| !made.contains(needed)) {
        problems.push(format!(
            "the server needs a `{}` for each caller and auth makes none; set an authenticator \
             that does",
            needed.name()
        ));
    }
    problems
}
