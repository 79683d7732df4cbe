//! Settings from the environment: the one table of what is read.
//!
//! A setting made in code wins over the environment, and the environment over the default. Each
//! variable may instead be given as a file: `NAME_FILE` names it, its trimmed content counts.

use std::{fmt, fs, str::FromStr};

use crate::service::StartError;

/// One variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What counts when nothing sets it; empty where nothing does.
    pub default: &'static str,
    /// What it sets.
    pub meaning: &'static str,
}

/// Every variable that toolgate reads.
pub const TABLE: &[Variable] = &[
    ADDR,
    PATH,
    PUBLIC_URL,
    TLS_CERT,
    TLS_KEY,
    TLS_CLIENT_CA,
    HOSTS,
    TRUSTED_PROXIES,
    CORS_ORIGINS,
    DOCUMENTATION_URL,
    POLICY_URL,
    TERMS_URL,
    MAX_BODY,
    CALL_TIMEOUT,
    CALLS_PER_CALLER,
    FAILURES_PER_MINUTE,
    CONNECTIONS,
    CONNECTIONS_PER_ADDRESS,
    STATELESS,
    SSE_PATH,
    MIRROR_AUTHORIZATION_SERVER,
    ISSUER,
    JWKS_URI,
    AUDIENCE,
    CLIENTS,
    ROLE_CLAIMS,
    SCOPE_CLAIMS,
    SCOPE_PREFIX,
    API_KEYS,
    TOKEN,
    SEAL_KEYS,
];

macro_rules! variables {
    ($($name:ident = $default:literal, $meaning:literal;)*) => {$(
        #[doc = concat!("`TOOLGATE_", stringify!($name), "`: ", $meaning)]
        pub const $name: Variable = Variable {
            name: concat!("TOOLGATE_", stringify!($name)),
            default: $default,
            meaning: $meaning,
        };
    )*};
}

variables! {
    ADDR = "127.0.0.1:8080", "address that the HTTP listener binds.";
    PATH = "/mcp", "path of the endpoint.";
    PUBLIC_URL = "", "URL that clients reach the endpoint under: resource identifier and audience.";
    TLS_CERT = "", "path of the listener's certificate, PEM, with those behind it. With it the listener speaks TLS.";
    TLS_KEY = "", "path of the certificate's private key, PEM.";
    TLS_CLIENT_CA = "", "path of the authorities that sign clients' certificates, PEM. Clients are asked for one then, and may have none.";
    HOSTS = "", "further values accepted in `Host`, separated by commas.";
    TRUSTED_PROXIES = "", "addresses and networks of proxies that say in `X-Forwarded-For` or `Forwarded` who calls, separated by commas.";
    CORS_ORIGINS = "", "origins whose pages may call, separated by commas.";
    DOCUMENTATION_URL = "", "page for developers, in the metadata document.";
    POLICY_URL = "", "page on what clients may do with the data, in the metadata document.";
    TERMS_URL = "", "page with the terms of service, in the metadata document.";
    MAX_BODY = "4194304", "largest request body, in bytes.";
    CALL_TIMEOUT = "300", "longest call, in seconds.";
    CALLS_PER_CALLER = "64", "calls that one caller may have running.";
    FAILURES_PER_MINUTE = "300", "failed authentications of one address in a minute, or `none` for any number.";
    CONNECTIONS = "4096", "connections that the listener holds open.";
    CONNECTIONS_PER_ADDRESS = "1024", "of these, connections of one address; of proxies that are trusted, any number.";
    STATELESS = "false", "whether clients of older revisions go without sessions: `true` or `false`.";
    SSE_PATH = "", "path of the transport that streamable HTTP has replaced, such as `/sse`. Not served unless set.";
    MIRROR_AUTHORIZATION_SERVER = "false", "whether the authorization server's metadata is shown at this server's origin too, for clients that look nowhere else: `true` or `false`.";
    ISSUER = "", "issuer of access tokens.";
    JWKS_URI = "", "where the issuer's keys are, when discovery is not wanted.";
    AUDIENCE = "", "accepted audiences in place of the public URL, separated by commas.";
    CLIENTS = "", "clients whose tokens are accepted, by `client_id` or `azp`, separated by commas.";
    ROLE_CLAIMS = "", "claims that hold roles, in place of `roles`, separated by commas: `realm_access.roles`, `[https://example.com/roles]`.";
    SCOPE_CLAIMS = "", "claims that hold scopes, in place of `scope` and `scp`, separated by commas.";
    SCOPE_PREFIX = "", "what clients put before scopes to ask for them, where tokens leave it out; `resource` for the public URL and a slash.";
    API_KEYS = "", "path of the JSON file that lists the API keys, as hashes.";
    TOKEN = "", "token of the one caller that a server on standard input and output has.";
    SEAL_KEYS = "", "keys that seal what clients keep for the server, 64 hexadecimal digits each, separated by commas: the first seals, all open. Random at each start by default.";
}

/// Where variables are looked up.
pub struct Env(Box<LookUp>);

type LookUp = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Env {
    /// The environment of this process.
    pub fn process() -> Self {
        Self(Box::new(|name| std::env::var(name).ok()))
    }

    /// Variables given by hand.
    pub fn of<const N: usize>(variables: [(&'static str, &'static str); N]) -> Self {
        Self(Box::new(move |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        }))
    }

    /// The value of a variable, or the content of the file that `NAME_FILE` names. Empty is unset.
    ///
    /// # Errors
    /// When both are set, or the file cannot be read.
    pub fn text(&self, variable: Variable) -> Result<Option<String>, StartError> {
        let name = variable.name;
        let set = |name: &str| (self.0)(name).filter(|value| !value.is_empty());
        match (set(name), set(&format!("{name}_FILE"))) {
            (Some(_), Some(_)) => {
                Err(StartError::new(format!("{name} and {name}_FILE are both set")))
            }
            (Some(value), None) => Ok(Some(value)),
            (None, Some(file)) => match fs::read_to_string(file) {
                Ok(text) => Ok(Some(text.trim().to_owned())),
                Err(_) => Err(StartError::new(format!("the file of {name}_FILE cannot be read"))),
            },
            (None, None) => Ok(None),
        }
    }

    /// The value of a variable as a `T`.
    ///
    /// # Errors
    /// When it is set and is no `T`. The value is not repeated: it may be a secret.
    pub fn parsed<T: FromStr>(&self, variable: Variable) -> Result<Option<T>, StartError> {
        let text = self.text(variable)?;
        let wrong = |_| StartError::new(format!("{} has a value of the wrong kind", variable.name));
        text.map(|text| text.parse().map_err(wrong)).transpose()
    }

    /// The values of a variable that lists several.
    ///
    /// # Errors
    /// As [`text`](Self::text).
    pub fn list(&self, variable: Variable) -> Result<Option<Vec<String>>, StartError> {
        let split = |text: String| text.split(',').map(|part| part.trim().to_owned()).collect();
        Ok(self.text(variable)?.map(split))
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Env(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lest the page and the table differ.
    #[test]
    fn the_table_is_the_page() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/SETTINGS.md");
        let mut text = String::from(INTRODUCTION);
        for Variable { name, default, meaning } in TABLE {
            let default = if default.is_empty() { String::new() } else { format!("`{default}`") };
            text += &format!("| `{name}` | {default} | {meaning} |\n");
        }
        if std::env::var_os("BLESS").is_some() {
            fs::write(page, &text).unwrap();
        }
        assert_eq!(fs::read_to_string(page).unwrap(), text, "BLESS=1 writes it anew");
    }

    const INTRODUCTION: &str = "\
# Settings from the environment

A setting made in code wins over the environment, and the environment over the default. Each variable
may instead be given as a file: `NAME_FILE` names it, and its content, without surrounding space,
counts. Setting both refuses to start. An empty variable counts as unset.

| variable | default | sets |
|---|---|---|
";

    #[test]
    fn values_lists_and_numbers_are_read_and_empty_is_unset() {
        let env = Env::of([
            ("TOOLGATE_PATH", "/x"),
            ("TOOLGATE_HOSTS", "a, b"),
            ("TOOLGATE_MAX_BODY", "many"),
            ("TOOLGATE_ISSUER", ""),
        ]);
        assert_eq!(env.text(PATH).unwrap().as_deref(), Some("/x"));
        assert_eq!(env.list(HOSTS).unwrap().unwrap(), ["a", "b"]);
        assert!(env.parsed::<usize>(MAX_BODY).unwrap_err().to_string().contains("MAX_BODY"));
        assert_eq!(env.text(ISSUER).unwrap(), None);
    }

    #[test]
    fn a_file_gives_a_value_and_two_sources_are_a_contradiction() {
        let both = Env::of([("TOOLGATE_PATH", "/x"), ("TOOLGATE_PATH_FILE", "/y")]);
        assert!(both.text(PATH).is_err());
        let gone = Env::of([("TOOLGATE_PATH_FILE", "/no/such/file")]);
        assert!(gone.text(PATH).is_err());
        let file =
            Env::of([("TOOLGATE_PATH_FILE", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))]);
        assert!(file.text(PATH).unwrap().unwrap().starts_with("[package]"));
    }
}
