//! Settings, and whether they agree with each other, with the service and with the authenticator.

use std::{borrow::Cow, fmt, sync::Arc};

use http::uri::PathAndQuery;
use tokio::time::Instant;
use toolgate_core::{
    Authenticate, Card, Certificates, Networks, ResourceCard, Revocations, StartError,
    env::{self, Env},
    legacy::{EventStore, MemoryEvents, MemorySessions, SessionStore},
};

use super::{
    about::About,
    certificate::{CertificateHeader, Relayed},
    cors::Cors,
    host::{Host, Hosts},
    legacy::mirrored,
    limits::Limits,
    metadata::WELL_KNOWN,
    proxies::Proxies,
    rate::Rate,
    shown::Shown,
    site::{HEALTH, Place, READY, Site, Sse},
    url::{Origin, PublicUrl},
};
use crate::{
    agree,
    revoking::{self, Revoking},
};

/// What was set.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) auth: Option<Arc<dyn Authenticate>>,
    pub(crate) revocations: Option<Arc<dyn Revocations>>,
    pub(crate) public_url: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) hosts: Option<Vec<String>>,
    pub(crate) certificate_header: Option<(CertificateHeader, Vec<String>)>,
    pub(crate) trusted_proxies: Option<Vec<String>>,
    pub(crate) cors: Option<Cors>,
    pub(crate) about: About,
    pub(crate) limits: Limits,
    pub(crate) rate: Option<Rate>,
    pub(crate) env: Option<Env>,
    pub(crate) shown: Vec<Shown>,
    pub(crate) stateless: Option<bool>,
    pub(crate) sessions: Option<Arc<dyn SessionStore>>,
    pub(crate) events: Events,
    pub(crate) sse: Option<String>,
    pub(crate) mirrors: Option<bool>,
    /// Whether a listener of our own speaks TLS.
    pub(crate) secure: bool,
    /// Whether it asks clients for certificates.
    pub(crate) certified: bool,
}

/// Where events of the old era are kept.
#[derive(Default)]
pub(crate) enum Events {
    #[default]
    InMemory,
    In(Arc<dyn EventStore>),
    Nowhere,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("public_url", &self.public_url)
            .field("path", &self.path)
            .field("hosts", &self.hosts)
            .field("cors", &self.cors)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// What is wrong where certificates are needed.
const NONE_SEEN: &str = "and this listener sees none; have TLS ask for them (client_ca, \
    TOOLGATE_TLS_CLIENT_CA), or name the proxy that does (trust_certificate_header)";

/// Settings that agree.
pub(crate) struct Setup {
    pub(crate) site: Site,
    pub(crate) auth: Option<Arc<dyn Authenticate>>,
    pub(crate) revoking: Option<Revoking>,
    pub(crate) resource_card: ResourceCard,
    pub(crate) limits: Limits,
    pub(crate) rate: Option<Rate>,
    /// Where sessions of the old era are kept; none where there are none.
    pub(crate) sessions: Option<Arc<dyn SessionStore>>,
    /// Where events of their streams are kept; none where they are not.
    pub(crate) events: Option<Arc<dyn EventStore>>,
    /// Whose metadata is mirrored.
    pub(crate) mirrors: Option<String>,
    /// What is allowed and should still be looked at.
    pub(crate) warnings: Vec<String>,
}

impl Settings {
    /// Takes from the environment what was not set in code.
    ///
    /// # Errors
    /// When a variable is of the wrong kind.
    fn fill(&mut self) -> Result<(), StartError> {
        let Some(env) = self.env.take() else { return Ok(()) };
        let mut problems = Vec::new();
        fill(&mut self.public_url, env.text(env::PUBLIC_URL), &mut problems);
        fill(&mut self.path, env.text(env::PATH), &mut problems);
        fill(&mut self.hosts, env.list(env::HOSTS), &mut problems);
        fill(&mut self.trusted_proxies, env.list(env::TRUSTED_PROXIES), &mut problems);
        fill(&mut self.stateless, env.parsed(env::STATELESS), &mut problems);
        fill(&mut self.sse, env.text(env::SSE_PATH), &mut problems);
        let mirrors = env.parsed(env::MIRROR_AUTHORIZATION_SERVER);
        fill(&mut self.mirrors, mirrors, &mut problems);
        let origins = env.list(env::CORS_ORIGINS).map(|origins| origins.map(Cors::origins));
        fill(&mut self.cors, origins, &mut problems);
        for filled in [self.limits.fill(&env), self.about.fill(&env)] {
            problems.extend(filled.err().iter().flat_map(StartError::problems).cloned());
        }
        StartError::check(problems)
    }

    /// Checks everything against everything.
    ///
    /// # Errors
    /// All contradictions, each with the settings at fault and the remedy.
    pub(crate) fn settle(mut self, card: &Card, place: Place) -> Result<Setup, StartError> {
        let mut found = Found::default();
        if let Err(error) = self.fill() {
            found.problems.extend_from_slice(error.problems());
        }
        self.bounds(&mut found);
        found.problems.extend(self.about.problems());
        let own = self.auth.as_ref().map(|auth| auth.card());
        let site = self.site(place, &mut found);
        self.callers(card, own.as_ref(), &site, &mut found);
        self.certificates(own.as_ref(), place, &mut found);
        if self.auth.is_none() && place.is_exposed() {
            found.warn("anybody who reaches this address may call; set auth");
        }
        self.past(&mut found);
        let mut resource_card = own.unwrap_or_default();
        // The author has the last word over the authenticator.
        resource_card.more.extend(self.about.members());
        let mirrors = self.mirrored(&resource_card, &mut found);
        StartError::check(found.problems)?;
        Ok(self.setup(site, resource_card, mirrors, found.warnings))
    }

    /// Bounds that leave room for something.
    fn bounds(&self, found: &mut Found) {
        for name in self.limits.impossible() {
            found.refuse(format!("limits: {name} is 0, so nothing could be served; raise it"));
        }
        if self.rate.is_some_and(|rate| rate.is_nothing()) {
            found.refuse("rate is 0, so nothing could be served; raise it, or take it away");
        }
    }

    /// Whether it is agreed who may call, and who is asked.
    fn callers(&self, card: &Card, auth: Option<&ResourceCard>, site: &Site, found: &mut Found) {
        let named = site.resource.is_some() || self.public_url.is_some();
        // Where authorization servers are named, so has to be what they give tokens for.
        let unnamed = auth.is_some_and(|auth| {
            !named && (auth.needs_resource || !auth.authorization_servers.is_empty())
        });
        found.problems.extend(agree::problems(card, auth, unnamed));
        found.problems.extend(revoking::problem(self.revocations.is_some(), auth.is_some()));
    }

    /// Whether those who have to show a certificate can. What is in front of a service that is mounted
    /// may show one.
    fn certificates(&self, auth: Option<&ResourceCard>, place: Place, found: &mut Found) {
        let unknown = matches!(place, Place::Mounted);
        if unknown || self.certified || self.certificate_header.is_some() {
            return;
        }
        match auth.map(|auth| auth.certificates) {
            Some(Certificates::Everybody) => {
                found.refuse(format!("auth takes nobody without a certificate, {NONE_SEEN}"));
            }
            Some(Certificates::Some) => found.warn(format!(
                "auth refuses tokens that are bound to a certificate unless it is shown, {NONE_SEEN}"
            )),
            _ => {}
        }
    }

    /// Without sessions there is nothing that belongs to them.
    fn past(&self, found: &mut Found) {
        if !self.is_stateless() {
            return;
        }
        if self.sessions.is_some() {
            found.refuse(
                "sessions are kept and there are none; take sessions away, or stateless \
                 (TOOLGATE_STATELESS)",
            );
        }
        if matches!(self.events, Events::In(_)) {
            found.refuse(
                "events of sessions are kept and there are none; take events away, or stateless \
                 (TOOLGATE_STATELESS)",
            );
        }
        if self.sse.is_some() {
            found.refuse(
                "the transport at the path of sse is nothing but sessions, and there are none; take \
                 sse (TOOLGATE_SSE_PATH) away, or stateless (TOOLGATE_STATELESS)",
            );
        }
    }

    fn is_stateless(&self) -> bool {
        self.stateless.unwrap_or(false)
    }

    /// Whose metadata is mirrored.
    fn mirrored(&self, card: &ResourceCard, found: &mut Found) -> Option<String> {
        if !self.mirrors.unwrap_or(false) {
            return None;
        }
        let first = card.authorization_servers.first();
        if first.is_none() {
            found.refuse(
                "an authorization server is mirrored and none is named; name it in auth, or take \
                 mirror_authorization_server (TOOLGATE_MIRROR_AUTHORIZATION_SERVER) away",
            );
        }
        first.cloned()
    }

    /// Where the endpoint is, who may name it how, and who is believed about callers.
    fn site(&self, place: Place, found: &mut Found) -> Site {
        let path = self.path.as_deref().unwrap_or(env::PATH.default);
        self.paths(path, found);
        let public = self.public(path, found);
        let hosts = self.hosts(place, public.as_ref(), found);
        if self.public_url.is_none() && place.is_exposed() {
            found.warn(
                "without public_url only loopback names, the bound address and hosts are accepted \
                 in Host",
            );
        }
        let rules = self.cors.as_ref().map(Cors::rules);
        let cors = rules.and_then(|rules| rules.map_err(|wrong| found.problems.extend(wrong)).ok());
        let public = public.or_else(|| self.loopback(path, place));
        let named = self.trusted_proxies.iter().flatten();
        let proxies = networks("trusted_proxies", named, found);
        Site {
            sse: self.sse.as_deref().map(|sse| Sse::new(sse, path, public.as_ref(), place)),
            path: path.to_owned(),
            resource: public.as_ref().map(PublicUrl::to_string),
            public,
            scope_prefix: None,
            metadata_url: None,
            mirrors: false,
            hosts,
            cors,
            shown: self.shown.clone(),
            relayed: self.relayed(found),
            proxies: Proxies::new(proxies),
        }
    }

    fn paths(&self, path: &str, found: &mut Found) {
        if !is_endpoint_path(path) {
            found.refuse(format!(
                "path `{path}` cannot be an endpoint's; write one that starts with `/`, without \
                 query, and is not taken by {HEALTH}, {READY} or {WELL_KNOWN}"
            ));
        }
        if let Some(sse) = self.sse.as_deref().filter(|sse| !is_endpoint_path(sse) || *sse == path)
        {
            found.refuse(format!(
                "sse `{sse}` cannot be a path of its own; write one that starts with `/`, without \
                 query, and is taken neither by the endpoint nor by {HEALTH}, {READY} or {WELL_KNOWN}"
            ));
        }
    }

    /// The URL that was set.
    fn public(&self, path: &str, found: &mut Found) -> Option<PublicUrl> {
        let text = self.public_url.as_deref()?;
        let read = PublicUrl::read(text, path);
        let url =
            read.map_err(|wrong| found.refuse(format!("public_url `{text}` {wrong}"))).ok()?;
        if self.secure && url.origin.scheme == "http" {
            found.refuse("public_url is http, and the listener speaks TLS; write https");
        } else if url.is_exposed() {
            found.warn("public_url is http: tokens can be read on their way; use https");
        }
        Some(url)
    }

    /// That of a listener on loopback, which needs none to be set.
    fn loopback(&self, path: &str, place: Place) -> Option<PublicUrl> {
        let scheme = if self.secure { "https" } else { "http" };
        match place {
            Place::Bound(addr) if place.is_loopback() => Some(PublicUrl {
                origin: Origin { scheme: scheme.to_owned(), host: Host::of(addr) },
                path: path.to_owned(),
            }),
            _ => None,
        }
    }

    fn relayed(&self, found: &mut Found) -> Option<Relayed> {
        const SETTING: &str = "trust_certificate_header";
        let (header, by) = self.certificate_header.as_ref()?;
        if by.is_empty() {
            found.refuse(format!("{SETTING} names no proxy that writes it; name those that do"));
        }
        let relayed = Relayed::new(header, networks(SETTING, by, found));
        if relayed.is_none() {
            found.refuse(format!("{SETTING} has a name that is none of a header"));
        }
        relayed
    }

    /// Loopback names cannot be pointed elsewhere, so they are safe where nothing else is known.
    fn hosts(&self, place: Place, public: Option<&PublicUrl>, found: &mut Found) -> Hosts {
        let mut hosts = Hosts::default();
        hosts.loopback = place.is_loopback() || self.public_url.is_none();
        if let Some(url) = public {
            hosts.add(url.origin.host.clone(), url.origin.implied_port());
        }
        if let Place::Bound(addr) = place
            && !addr.ip().is_unspecified()
        {
            hosts.add(Host::of(addr), None);
        }
        for text in self.hosts.iter().flatten() {
            match Host::read(text).filter(|host| host.name != "*") {
                Some(host) => hosts.add(host, None),
                None => found
                    .refuse(format!("hosts names `{text}`, which is no host; write name[:port]")),
            }
        }
        hosts
    }

    /// What was found to agree, put together.
    fn setup(
        self,
        site: Site,
        resource_card: ResourceCard,
        mirrors: Option<String>,
        warnings: Vec<String>,
    ) -> Setup {
        let stateless = self.is_stateless();
        let metadata_url = site.public.as_ref().map(PublicUrl::metadata);
        let offered = !resource_card.authorization_servers.is_empty();
        let prefix = resource_card.scope_prefix.as_ref();
        let prefix = prefix.and_then(|it| it.at(site.resource.as_deref()));
        let site = Site {
            scope_prefix: prefix.map(Cow::into_owned),
            metadata_url: metadata_url.filter(|_| offered),
            mirrors: mirrors.is_some(),
            ..site
        };
        let Self { auth, revocations, limits, rate, sessions, events, .. } = self;
        let (within, every) = (limits.authentication, limits.recheck);
        let revoking = revocations.map(|by| Revoking { by, within, every });
        let sessions = (!stateless).then(|| sessions.unwrap_or_else(in_memory));
        let events = match events {
            Events::In(store) => Some(store),
            Events::InMemory if !stateless => Some(events_in_memory()),
            _ => None,
        };
        Setup {
            site,
            auth,
            revoking,
            resource_card,
            limits,
            rate,
            sessions,
            events,
            mirrors,
            warnings,
        }
    }
}

/// What was found while settings were held against each other.
#[derive(Default)]
struct Found {
    problems: Vec<String>,
    warnings: Vec<String>,
}

impl Found {
    /// What cannot be served with.
    fn refuse(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    /// What can, and should be looked at.
    fn warn(&mut self, warning: impl Into<String>) {
        self.warnings.push(warning.into());
    }
}

fn fill<T>(
    setting: &mut Option<T>,
    found: Result<Option<T>, StartError>,
    problems: &mut Vec<String>,
) {
    match found {
        Ok(found) => *setting = setting.take().or(found),
        Err(error) => problems.extend_from_slice(error.problems()),
    }
}

fn networks<'a>(
    setting: &str,
    named: impl IntoIterator<Item = &'a String>,
    found: &mut Found,
) -> Networks {
    Networks::read(named).unwrap_or_else(|text| {
        found.refuse(format!(
            "{setting} names `{text}`, which is neither an address nor a network; write 10.1.2.3, \
             10.1.0.0/16 or fd00::/8"
        ));
        Networks::default()
    })
}

/// By the clock that everything else here goes by.
fn in_memory() -> Arc<dyn SessionStore> {
    Arc::new(MemorySessions::new().clock(|| Instant::now().into_std()))
}

fn events_in_memory() -> Arc<dyn EventStore> {
    Arc::new(MemoryEvents::new().clock(|| Instant::now().into_std()))
}

fn is_endpoint_path(path: &str) -> bool {
    let parsed = path.parse::<PathAndQuery>();
    let whole = parsed.is_ok_and(|it| it.query().is_none() && it.path() == path);
    let taken = path == HEALTH
        || path == READY
        || path.starts_with(WELL_KNOWN)
        || path == mirrored::WELL_KNOWN;
    whole && path.starts_with('/') && !path.contains('#') && !taken
}

#[cfg(test)]
mod tests;
