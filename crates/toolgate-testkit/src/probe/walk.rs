//! The loop: asks, has the answers judged, and lets the next question follow from them.

use futures::future::{BoxFuture, join_all};
use serde_json::Value;

use super::{
    Expects, Probe, ask,
    exchange::{Ask, Exchange, Reply},
    finding::{Finding, Rule},
    judge::{challenge, issuers, metadata, pages, sessions, tokens},
    legacy,
    places::{self, Places},
    report::{Report, Step},
};

/// How many issuers are looked at.
const ISSUERS: usize = 4;

const NO_TOKEN: &str = "no token was given";
const NO_LOGIN: &str = "clients have their credentials by hand, or need none";

/// What carries a request to its answer, or says why there is none.
pub(super) trait Wire: Sync {
    fn send<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Reply, String>>;
}

/// One walk through a server.
struct Walk<'a, W> {
    probe: &'a Probe,
    wire: &'a W,
    places: Places,
    report: Report,
}

/// Takes every step.
pub(super) async fn walk<W: Wire>(probe: &Probe, wire: &W) -> Report {
    let mut report = Report::new(&probe.url);
    let Some(places) = Places::read(&probe.url) else {
        let seen = Exchange { ask: Ask::new("POST", &probe.url), answer: Err("not sent".into()) };
        let why = "it is no absolute http or https URL";
        report.found(Step::Challenge, vec![Finding::new(Rule::Unreachable, &seen, why)]);
        return report;
    };
    let mut walk = Walk { probe, wire, places, report };
    if let Some(seen) = walk.challenge().await {
        walk.discovery(&seen).await;
        walk.pages().await;
        walk.tokens().await;
        walk.session().await;
        walk.methods().await;
        walk.slash().await;
    }
    let mut report = walk.report;
    probe.secrets().for_each(|secret| report.hide(secret));
    report
}

impl<W: Wire> Walk<'_, W> {
    async fn send(&self, ask: Ask) -> Exchange {
        let answer = self.wire.send(&ask).await;
        Exchange { ask, answer }
    }

    async fn all(&self, asks: Vec<Ask>) -> Vec<Exchange> {
        join_all(asks.into_iter().map(|ask| self.send(ask))).await
    }

    /// The first request of a client, in each era.
    fn first(&self) -> Vec<Ask> {
        vec![ask::discover(&self.probe.url), legacy::handshake(&self.probe.url)]
    }

    /// None where nothing answers, and so nothing more can be learned.
    async fn challenge(&mut self) -> Option<Exchange> {
        let expects = self.probe.expects;
        let mut seen = self.all(self.first()).await.into_iter();
        let (modern, old) = (seen.next()?, seen.next()?);
        self.report.found(Step::Challenge, challenge::judge(&modern, expects));
        modern.reply()?;
        self.report.found(Step::OldChallenge, challenge::judge(&old, expects));
        Some(modern)
    }

    async fn discovery(&mut self, challenged: &Exchange) {
        if self.probe.expects != Expects::Login {
            for step in [Step::ChallengeUrl, Step::PathForm, Step::RootForm, Step::Issuers] {
                self.report.skipped(step, NO_LOGIN);
            }
            return self.report.skipped(Step::OldRoot, NO_LOGIN);
        }
        let document = self.documents(challenged).await;
        let listed = document.as_ref().map(metadata::issuers).unwrap_or_default();
        self.issuers(&listed).await;
        let seen = self.send(ask::document(&self.places.old_root())).await;
        let found = issuers::old_root(&seen, &listed).into_iter().collect();
        self.report.found(Step::OldRoot, found);
    }

    /// The metadata in its three places; the first that there is.
    async fn documents(&mut self, challenged: &Exchange) -> Option<Value> {
        let url = self.probe.url.clone();
        let mut first = None;
        match challenge::metadata_url(challenged) {
            Some(place) => {
                let seen = self.send(ask::document(&place)).await;
                let mut found = metadata::judge(&seen, &url, None);
                first = metadata::document(&seen);
                if first.is_some() {
                    found.extend(metadata::head(&self.send(Ask::new("HEAD", &place)).await));
                }
                self.report.found(Step::ChallengeUrl, found);
            }
            None => self.report.skipped(Step::ChallengeUrl, "the challenge names no place"),
        }
        let path = self.send(ask::document(&self.places.path_form())).await;
        let root = self.send(ask::document(&self.places.root_form())).await;
        let all_absent = [&path, &root].into_iter().all(metadata::is_absent);
        let mut found = match (metadata::is_absent(&path), all_absent) {
            (true, true) if first.is_none() => {
                vec![Finding::new(Rule::NoMetadata, &path, "and there is none at the root")]
            }
            (true, _) => vec![Finding::new(Rule::NoPathForm, &path, path.told())],
            (false, _) => metadata::judge(&path, &url, first.as_ref()),
        };
        self.report.found(Step::PathForm, std::mem::take(&mut found));
        first = first.or_else(|| metadata::document(&path));
        // Of an origin with several resources it is the document of one; clients that get this far
        // have found nothing before.
        if metadata::is_absent(&root) {
            self.report.skipped(Step::RootForm, "there is none, and none is needed");
        } else {
            self.report.found(Step::RootForm, metadata::judge(&root, &url, first.as_ref()));
        }
        first.or_else(|| metadata::document(&root))
    }

    async fn issuers(&mut self, listed: &[String]) {
        if listed.is_empty() {
            return self.report.skipped(Step::Issuers, "none is named");
        }
        let mut findings = Vec::new();
        for issuer in listed.iter().take(ISSUERS) {
            let forms = places::of_issuer(issuer);
            let seen = self.all(forms.iter().map(|form| ask::document(form)).collect()).await;
            findings.extend(issuers::judge(issuer, &seen));
        }
        self.report.found(Step::Issuers, findings);
    }

    /// The right token on a request, if there is one.
    fn with_right(&self, ask: Ask) -> Ask {
        match &self.probe.right {
            Some(token) => ask.bearer(token),
            None => ask,
        }
    }

    async fn pages(&mut self) {
        let url = self.probe.url.clone();
        match self.probe.page.clone() {
            Some(origin) => {
                let seen = self.send(ask::preflight(&url, &origin)).await;
                let mut found = pages::preflight(&seen, &origin);
                let refused = ask::discover(&url).with("Origin", &*origin);
                found.extend(pages::readable(&self.send(refused).await, &origin));
                self.report.found(Step::Preflight, found);
            }
            None => self.report.skipped(Step::Preflight, "no page's origin was named"),
        }
        let foreign = self.first().into_iter().map(|ask| self.with_right(ask));
        let mut asks: Vec<_> = foreign.map(|ask| ask.with("Origin", ask::STRANGER)).collect();
        asks.push(ask::preflight(&url, ask::STRANGER));
        let seen = self.all(asks).await;
        let found = pages::foreign(&seen);
        self.report.found(Step::Origin, found);
        if self.places.is_loopback {
            let asked = self.with_right(ask::discover(&url)).with("Host", "probe.invalid");
            let found = pages::host(&self.send(asked).await).into_iter().collect();
            self.report.found(Step::Host, found);
        } else {
            self.report.skipped(Step::Host, "that is for the server in front of it to judge");
        }
    }

    async fn tokens(&mut self) {
        let Some(right) = self.probe.right.clone() else {
            self.report.skipped(Step::Right, NO_TOKEN);
            self.wrong().await;
            return self.report.skipped(Step::Query, NO_TOKEN);
        };
        let asks = self.first().into_iter().map(|ask| ask.bearer(&right)).collect();
        let seen = self.all(asks).await;
        let mut found = tokens::right(&seen);
        for begun in &seen {
            self.end(begun).await;
        }
        if let Some(good) = seen.iter().find(|seen| seen.status() == Some(200)) {
            let lower = good.ask.clone().with("Authorization", format!("bearer {right}"));
            let lower = self.send(lower).await;
            self.end(&lower).await;
            found.extend(tokens::lower(&lower));
        }
        self.report.found(Step::Right, found);
        self.wrong().await;
        let mut found = Vec::new();
        for mut asked in self.first() {
            let mark = if asked.url.contains('?') { '&' } else { '?' };
            asked.url = format!("{}{mark}access_token={right}", asked.url);
            found.extend(tokens::query(&self.send(asked).await));
        }
        self.report.found(Step::Query, found);
    }

    /// Every wrong token, in both eras. A made-up one can always be tried.
    async fn wrong(&mut self) {
        if self.probe.expects == Expects::Open {
            return self.report.skipped(Step::Wrong, NO_LOGIN);
        }
        let mut found: Vec<Finding> = Vec::new();
        let garbage = (Rule::GarbageTaken, "toolgate-probe".to_owned());
        for (rule, token) in self.probe.wrong.iter().chain([&garbage]) {
            let asks = self.first().into_iter().map(|ask| ask.bearer(token)).collect();
            for seen in self.all(asks).await {
                self.end(&seen).await;
                found.extend(tokens::wrong(&seen, *rule, self.probe.expects));
            }
        }
        // What is told of every wrong token alike is told once.
        let mut told = Vec::new();
        found.retain(|finding| {
            let new = !told.contains(&(finding.rule, finding.why.clone()));
            told.push((finding.rule, finding.why.clone()));
            new
        });
        self.report.found(Step::Wrong, found);
    }

    async fn session(&mut self) {
        let url = self.probe.url.clone();
        let begun = self.send(self.with_right(legacy::handshake(&url))).await;
        let Some(session) = begun.reply().and_then(legacy::session) else {
            let why = match self.probe.right {
                Some(_) => "the server begins no session",
                None => NO_TOKEN,
            };
            return self.report.skipped(Step::Session, why);
        };
        let mut found = Vec::new();
        if self.probe.expects != Expects::Open {
            let seen = self.send(legacy::ping(&url, &session)).await;
            found.extend(sessions::without_token(&seen));
            let seen = self.send(legacy::end(&url, &session)).await;
            found.extend(sessions::method(&seen));
        }
        if let Some(other) = &self.probe.other {
            let seen = self.send(legacy::ping(&url, &session).bearer(other)).await;
            found.extend(sessions::of_another(&seen));
            let seen = self.send(legacy::end(&url, &session).bearer(other)).await;
            found.extend(sessions::of_another(&seen));
        }
        let unknown = self.with_right(legacy::ping(&url, "00000000-0000-4000-8000-000000000000"));
        found.extend(sessions::unknown(&self.send(unknown).await));
        self.end(&begun).await;
        self.report.found(Step::Session, found);
    }

    /// Ends the session that a request began, so that a probe leaves nothing behind.
    async fn end(&self, begun: &Exchange) {
        if let Some(session) = begun.reply().and_then(legacy::session) {
            let sent = begun.ask.fields.iter().find(|(name, _)| *name == "Authorization");
            let end = legacy::end(&self.probe.url, &session);
            let end = match sent {
                Some((name, value)) => end.with(name, value.clone()),
                None => end,
            };
            // Whether it could be ended changes nothing.
            let _ = self.send(end).await;
        }
    }

    async fn methods(&mut self) {
        if self.probe.expects == Expects::Open {
            return self.report.skipped(Step::Methods, NO_LOGIN);
        }
        let url = &self.probe.url;
        let asks = ["HEAD", "DELETE"].map(|method| Ask::new(method, url));
        let asks = asks.into_iter().chain([legacy::stream(url)]).collect();
        let found = self.all(asks).await.iter().filter_map(sessions::method).collect();
        self.report.found(Step::Methods, found);
    }

    async fn slash(&mut self) {
        let Some(other) = self.places.other_slash() else {
            return self.report.skipped(Step::Slash, "the endpoint is the root");
        };
        if self.probe.expects == Expects::Open {
            return self.report.skipped(Step::Slash, NO_LOGIN);
        }
        let asks = vec![ask::discover(&other), legacy::handshake(&other)];
        let found = self.all(asks).await.iter().filter_map(sessions::slash).collect();
        self.report.found(Step::Slash, found);
    }
}
