//! Settings that agree, and those that refuse to start.

use toolgate_core::{
    BoxFuture, Credentials, PrincipalType, Refusal, Verdict, protocol::discover::Implementation,
};

use super::*;

struct Auth(ResourceCard);

impl Authenticate for Auth {
    fn authenticate<'a>(&'a self, _: &'a Credentials) -> BoxFuture<'a, Verdict> {
        Box::pin(async { Verdict::Refused(Refusal::missing()) })
    }

    fn card(&self) -> ResourceCard {
        self.0.clone()
    }
}

struct User;

fn card(change: impl FnOnce(&mut Card)) -> Card {
    let mut card = Card::new(Implementation::new("n", "1"));
    card.open = true;
    change(&mut card);
    card
}

fn auth(change: impl FnOnce(&mut ResourceCard)) -> Option<Arc<dyn Authenticate>> {
    let mut card = ResourceCard::default();
    change(&mut card);
    Some(Arc::new(Auth(card)))
}

fn bound(text: &str) -> Place {
    Place::Bound(text.parse().unwrap())
}

fn problems(settings: Settings, card: &Card, place: Place) -> Vec<String> {
    match settings.settle(card, place) {
        Ok(_) => Vec::new(),
        Err(error) => error.problems().to_vec(),
    }
}

fn with_url(url: &str) -> Settings {
    Settings { public_url: Some(url.into()), ..Settings::default() }
}

#[test]
fn an_open_server_on_loopback_starts_without_a_word() {
    let setup = Settings::default().settle(&card(|_| ()), bound("127.0.0.1:8080")).ok().unwrap();
    assert!(setup.warnings.is_empty());
    assert_eq!(setup.site.resource.as_deref(), Some("http://127.0.0.1:8080/mcp"));
    assert_eq!(setup.site.metadata_url, None);
}

#[test]
fn a_header_with_a_certificate_is_of_proxies_that_are_named() {
    let problems = |header, by: &[&str]| {
        let by = by.iter().map(|proxy| (*proxy).to_owned()).collect();
        let settings = Settings {
            certificate_header: Some((header, by)),
            // Whoever is believed about addresses is not meant.
            trusted_proxies: Some(vec!["10.0.0.0/8".into()]),
            ..Settings::default()
        };
        problems(settings, &card(|_| ()), bound("127.0.0.1:8080")).join("; ")
    };
    assert_eq!(problems(CertificateHeader::ClientCert, &["10.0.0.1", "fd00::/8"]), "");
    for (wrong, by, told) in [
        (CertificateHeader::ClientCert, [].as_slice(), "names no proxy"),
        (CertificateHeader::ClientCert, &["proxy.example"], "names `proxy.example`"),
        (CertificateHeader::EscapedPem("a b".into()), &["10.0.0.1"], "has a name"),
    ] {
        let told = format!("trust_certificate_header {told}");
        let problems = problems(wrong, by);
        assert!(problems.starts_with(&told), "{problems}");
    }
}

#[test]
fn who_wants_certificates_has_a_listener_that_sees_them() {
    let told = |wants: Certificates, change: fn(&mut Settings), place| {
        let mut settings = Settings {
            auth: auth(|card| card.certificates = wants),
            ..with_url("https://mcp.example")
        };
        change(&mut settings);
        match settings.settle(&card(|_| ()), place) {
            Ok(setup) => (false, setup.warnings.join("; ")),
            Err(error) => (true, error.to_string()),
        }
    };
    let (none, here) = (|_: &mut Settings| (), bound("0.0.0.0:1"));
    let header = |settings: &mut Settings| {
        let by = vec!["10.0.0.1".to_owned()];
        settings.certificate_header = Some((CertificateHeader::ClientCert, by));
    };
    let (refused, why) = told(Certificates::Everybody, none, here);
    assert!(refused && why.contains("TOOLGATE_TLS_CLIENT_CA"), "{why}");
    let (refused, warning) = told(Certificates::Some, none, here);
    assert!(!refused && warning.contains("trust_certificate_header"), "{warning}");
    let fine = (false, String::new());
    assert_eq!(told(Certificates::Nobody, none, here), fine);
    for wants in [Certificates::Some, Certificates::Everybody] {
        assert_eq!(told(wants, |settings| settings.certified = true, here), fine);
        assert_eq!(told(wants, header, here), fine);
        assert_eq!(told(wants, none, Place::Mounted), fine, "whatever is in front may show one");
    }
}

#[test]
fn contradictions_refuse_to_start_and_name_their_setting() {
    type Row = (Settings, Card, Place, &'static str);
    let open = || card(|_| ());
    let here = bound("127.0.0.1:1");
    let beyond = bound("0.0.0.0:1");
    let needy = || auth(|card| card.needs_resource = true);
    let rows: Vec<Row> = vec![
        (Settings::default(), card(|card| card.guarded = true), here, "set auth"),
        (Settings::default(), card(|card| card.required = ["a"].into()), here, "set auth"),
        (Settings::default(), card(|card| card.open = false), here, "open()"),
        (Settings { auth: needy(), ..Settings::default() }, open(), beyond, "public_url"),
        (Settings { auth: needy(), ..Settings::default() }, open(), Place::Mounted, "public_url"),
        (
            Settings {
                auth: auth(|card| card.authorization_servers = vec!["https://as".into()]),
                ..Settings::default()
            },
            open(),
            Place::Mounted,
            "public_url",
        ),
        (
            Settings { auth: auth(|_| ()), ..Settings::default() },
            card(|card| card.principals = vec![PrincipalType::of::<User>()]),
            here,
            "User",
        ),
        (with_url("ftp://h"), open(), here, "public_url"),
        (with_url("https://h/#x"), open(), here, "public_url"),
        (
            Settings { cors: Some(Cors::origins(["*"])), ..Settings::default() },
            open(),
            here,
            "cors",
        ),
        (Settings { path: Some("mcp".into()), ..Settings::default() }, open(), here, "path"),
        (Settings { path: Some("/a?b".into()), ..Settings::default() }, open(), here, "path"),
        (Settings { path: Some(HEALTH.into()), ..Settings::default() }, open(), here, "path"),
        (Settings { hosts: Some(vec!["*".into()]), ..Settings::default() }, open(), here, "hosts"),
        (
            Settings { hosts: Some(vec!["https://h".into()]), ..Settings::default() },
            open(),
            here,
            "hosts",
        ),
        (
            Settings { limits: Limits::default().body(0), ..Settings::default() },
            open(),
            here,
            "body",
        ),
    ];
    for (settings, card, place, part) in rows {
        let problems = problems(settings, &card, place);
        assert_eq!(problems.len(), 1, "{part}: {problems:?}");
        assert!(problems[0].contains(part), "{part}: {problems:?}");
    }
}

#[test]
fn all_contradictions_are_told_at_once() {
    let settings = Settings {
        path: Some("mcp".into()),
        hosts: Some(vec!["a b".into()]),
        env: Some(Env::of([("TOOLGATE_MAX_BODY", "many")])),
        ..with_url("https://h/#x")
    };
    let card = card(|card| card.guarded = true);
    assert_eq!(problems(settings, &card, Place::Mounted).len(), 5);
}

#[test]
fn what_satisfies_an_authenticator_starts() {
    let needy = || {
        auth(|card| {
            card.needs_resource = true;
            card.authorization_servers = vec!["https://as.example".into()];
            card.principals = vec![PrincipalType::of::<User>()];
        })
    };
    let card = card(|card| {
        (card.guarded, card.open) = (true, false);
        card.principals = vec![PrincipalType::of::<User>()];
    });
    let local = Settings { auth: needy(), ..Settings::default() };
    let setup = local.settle(&card, bound("[::1]:9")).ok().unwrap();
    assert_eq!(
        setup.site.metadata_url.as_deref(),
        Some("http://[::1]:9/.well-known/oauth-protected-resource/mcp")
    );
    let public = Settings { auth: needy(), ..with_url("https://mcp.example") };
    let setup = public.settle(&card, bound("0.0.0.0:9")).ok().unwrap();
    assert_eq!(setup.site.resource.as_deref(), Some("https://mcp.example/mcp"));
    assert!(setup.warnings.is_empty());
}

#[test]
fn risks_are_warned_of() {
    let warnings = |settings: Settings, place| {
        settings.settle(&card(|_| ()), place).ok().unwrap().warnings.join(" ")
    };
    assert!(warnings(with_url("http://mcp.example"), Place::Mounted).contains("https"));
    assert!(warnings(with_url("http://localhost:1"), Place::Mounted).is_empty());
    let beyond = warnings(Settings::default(), bound("0.0.0.0:1"));
    assert!(beyond.contains("set auth") && beyond.contains("public_url"));
}

#[test]
fn hosts_are_what_is_bound_named_and_published() {
    use http::{HeaderMap, header};
    let accepted = |settings: Settings, place, host: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        let setup = settings.settle(&card(|_| ()), place).ok().unwrap();
        setup.site.hosts.judge(&"/mcp".parse().unwrap(), &headers).is_ok()
    };
    let named = |url: Option<&str>| Settings {
        public_url: url.map(str::to_owned),
        hosts: Some(vec!["other.example".into()]),
        ..Settings::default()
    };
    let url = Some("https://mcp.example");
    let rows = [
        (None, Place::Mounted, "localhost:3000", true),
        (None, Place::Mounted, "mcp.example", false),
        (None, Place::Mounted, "other.example", true),
        (url, Place::Mounted, "mcp.example", true),
        (url, Place::Mounted, "localhost", false),
        (url, bound("127.0.0.1:8080"), "localhost:8080", true),
        (url, bound("0.0.0.0:8080"), "localhost:8080", false),
        (None, bound("0.0.0.0:8080"), "localhost:8080", true),
        (None, bound("0.0.0.0:8080"), "0.0.0.0:8080", false),
        (None, bound("192.0.2.1:8080"), "192.0.2.1:8080", true),
        (None, bound("192.0.2.1:8080"), "evil.example", false),
    ];
    for (url, place, host, expected) in rows {
        assert_eq!(accepted(named(url), place, host), expected, "{url:?} {place:?} {host}");
    }
}

#[test]
fn code_wins_over_the_environment_and_that_over_defaults() {
    let env = || {
        Some(Env::of([
            ("TOOLGATE_PATH", "/env"),
            ("TOOLGATE_PUBLIC_URL", "https://env.example"),
            ("TOOLGATE_HOSTS", "a.example, b.example:81"),
            ("TOOLGATE_CORS_ORIGINS", "https://app.example"),
            ("TOOLGATE_CALLS_PER_CALLER", "3"),
        ]))
    };
    let settings = Settings { env: env(), ..Settings::default() };
    let setup = settings.settle(&card(|_| ()), Place::Mounted).ok().unwrap();
    assert_eq!(setup.site.resource.as_deref(), Some("https://env.example/env"));
    assert!(setup.site.cors.is_some());
    assert_eq!(setup.limits.calls_per_caller, 3);
    let settings = Settings { env: env(), path: Some("/code".into()), ..with_url("https://c") };
    let setup = settings.settle(&card(|_| ()), Place::Mounted).ok().unwrap();
    assert_eq!(setup.site.resource.as_deref(), Some("https://c/code"));
}
