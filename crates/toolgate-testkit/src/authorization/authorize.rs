//! The way of somebody who was sent here: who are you, may it, and back (RFC 6749, section 4.1).

use std::time::Duration;

use http::{HeaderMap, Method, StatusCode, header};

use super::{
    access::unguessable,
    form::Fields,
    grant::Basis,
    login::{self, Login, Wrong},
    pages,
    person::Person,
    refusal::Refusal,
    respond::{self, Answer},
    state::{Code, State},
};

/// How long a code is good. It is sent at once.
const CODE: Duration = Duration::from_secs(60);

/// One step of the way.
enum Step {
    Page(StatusCode, String),
    Back(String),
}

pub(super) fn answer(state: &State, method: &Method, head: &HeaderMap, fields: &Fields) -> Answer {
    // Whoever reaches this machine by a name of their own would read the pages as theirs, and answer
    // them.
    let host = head.get(header::HOST).and_then(|host| host.to_str().ok());
    if host != state.issuer().strip_prefix("http://") {
        return respond::page(StatusCode::FORBIDDEN, pages::dead_end("This is not the way here."));
    }
    let posted = method == Method::POST;
    let step = if posted { go_on(state, fields) } else { begin(state, fields) };
    match step {
        Step::Page(status, page) => respond::page(status, page),
        // After a form the browser is to ask with GET.
        Step::Back(to) if posted => respond::redirect(StatusCode::SEE_OTHER, &to),
        Step::Back(to) => respond::redirect(StatusCode::FOUND, &to),
    }
}

fn begin(state: &State, fields: &Fields) -> Step {
    let login = match login::read(state, fields) {
        Ok(login) => login,
        Err(Wrong::Here(why)) => return dead_end(why),
        Err(Wrong::There(back, why)) => return Step::Back(back.with(state.issuer(), &told(&why))),
    };
    if let Some(person) = &state.settings().unattended {
        let scopes = login.scopes.clone();
        return allowed(state, login, person.clone(), scopes);
    }
    let id = unguessable();
    let page = pages::login(&id, &login, &state.settings().people);
    state.desk().logins.put(id, login);
    Step::Page(StatusCode::OK, page)
}

fn go_on(state: &State, fields: &Fields) -> Step {
    let gone = "This took too long, or was answered before. Begin again where you came from.";
    let Ok(Some(id)) = fields.one("login") else { return dead_end("There is nothing to answer.") };
    let now = state.now();
    let login = state.desk().logins.get(id).filter(|login| login.until > now).cloned();
    let Some(mut login) = login else { return dead_end(gone) };
    if let Some(person) = named(state, fields.one("person").ok().flatten()) {
        login.person = Some(person.subject.clone());
        let page = pages::consent(id, &login, person);
        state.desk().logins.put(id.to_owned(), login);
        return Step::Page(StatusCode::OK, page);
    }
    let person = named(state, login.person.as_deref());
    match (fields.one("answer").ok().flatten(), person) {
        (Some(answer @ ("allow" | "deny")), Some(person)) => {
            // Two answers at once: the first counts.
            if state.desk().logins.take(id).is_none() {
                return dead_end(gone);
            }
            if answer == "deny" {
                let denied = Refusal::new("access_denied", "they said no");
                return Step::Back(login.back.with(state.issuer(), &told(&denied)));
            }
            let ticked: Vec<&str> = fields.all("scope").collect();
            let mut scopes = login.scopes.clone();
            scopes.retain(|scope| ticked.contains(&scope.as_str()));
            allowed(state, login, person.clone(), scopes)
        }
        _ => dead_end("That is no answer."),
    }
}

fn named<'a>(state: &'a State, subject: Option<&str>) -> Option<&'a Person> {
    state.settings().people.iter().find(|person| Some(person.subject.as_str()) == subject)
}

fn allowed(state: &State, login: Login, person: Person, scopes: Vec<String>) -> Step {
    let now = state.now();
    let code = unguessable();
    let basis = Basis {
        client: login.client.id,
        person,
        resources: login.resources,
        scopes,
        acr: login.acr,
        logged_in: now,
        key: login.key,
        family: unguessable(),
    };
    let good = Code {
        basis,
        redirect: login.redirect,
        challenge: login.challenge,
        until: now + CODE,
        used: false,
    };
    state.desk().codes.put(code.clone(), good);
    Step::Back(login.back.with(state.issuer(), &[("code", &code)]))
}

fn told(why: &Refusal) -> [(&'static str, &'static str); 2] {
    [("error", why.error), ("error_description", why.description)]
}

fn dead_end(why: &str) -> Step {
    Step::Page(StatusCode::BAD_REQUEST, pages::dead_end(why))
}
