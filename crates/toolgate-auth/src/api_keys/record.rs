//! Keys as JSON text, and what is said of a text that is none.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, error::Category};
use toolgate_core::{Scopes, StartError};

use super::{digest::Digest, key::ApiKey};

/// The end of the year 9999, in seconds. What lies behind it was counted in milliseconds.
const LAST: u64 = 253_402_300_799;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    prefix: String,
    sha256: String,
    subject: String,
    #[serde(default, deserialize_with = "given")]
    client: Option<String>,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default, deserialize_with = "given")]
    expires: Option<u64>,
}

/// Takes a member that may be left out, and not be `null`.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// See [`ApiKey::read`].
pub(super) fn read(json: &str) -> Result<Vec<ApiKey>, StartError> {
    let records: Vec<Record> =
        serde_json::from_str(json).map_err(|error| StartError::new(told(&error)))?;
    let mut problems = Vec::new();
    let mut keys = Vec::with_capacity(records.len());
    for (at, record) in records.into_iter().enumerate() {
        match key(record) {
            Ok(key) => keys.push(key),
            Err(problem) => problems.push(format!("API key number {}: {problem}", at + 1)),
        }
    }
    StartError::check(problems)?;
    Ok(keys)
}

/// See [`ApiKey::to_json`].
pub(super) fn write(key: &ApiKey) -> String {
    let list = |scopes: &Scopes| scopes.iter().map(Value::from).collect::<Value>();
    let mut members = Map::new();
    members.insert("prefix".into(), (*key.prefix).into());
    members.insert("sha256".into(), key.digest.to_hex().into());
    members.insert("subject".into(), (*key.subject).into());
    if let Some(client) = &key.client {
        members.insert("client".into(), (**client).into());
    }
    members.insert("scopes".into(), list(&key.scopes));
    members.insert("roles".into(), list(&key.roles));
    if let Some(end) = key.expires {
        members.insert("expires".into(), seconds(end).into());
    }
    Value::Object(members).to_string()
}

fn key(record: Record) -> Result<ApiKey, &'static str> {
    let Some(Digest(sha256)) = Digest::from_hex(&record.sha256) else {
        return Err("`sha256` has to be 64 hexadecimal digits, as `ApiKey::to_json` writes them");
    };
    let mut key = ApiKey::new(record.prefix, sha256, record.subject);
    key.client = record.client.map(Into::into);
    key.scopes = record.scopes.iter().collect();
    key.roles = record.roles.iter().collect();
    key.expires = record.expires.map(time).transpose()?;
    Ok(key)
}

fn time(seconds: u64) -> Result<SystemTime, &'static str> {
    Some(Duration::from_secs(seconds))
        .filter(|_| seconds <= LAST)
        .and_then(|since| UNIX_EPOCH.checked_add(since))
        .ok_or("`expires` lies behind the year 9999; give seconds since 1970, not milliseconds")
}

/// Whole seconds since 1970, rounded down: no key lives longer for having been written.
fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().min(LAST)
}

/// What is wrong with a text, by its place. Most of the parser's own messages repeat what they
/// found, and that may be a key in the wrong place.
fn told(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let beginnings = ["missing field", "duplicate field", "unknown field"];
    let cause = match beginnings.into_iter().find(|it| message.starts_with(it)) {
        Some("unknown field") => "a member is not known",
        // These name members of ours alone.
        Some(_) => message.split(" at line ").next().unwrap_or_default(),
        None if error.classify() == Category::Data => "a value is of the wrong kind",
        None => "that is no JSON",
    };
    format!(
        "the API keys cannot be read, line {}, column {}: {cause}; write an array of objects as \
         `ApiKey::read` describes them",
        error.line(),
        error.column()
    )
}
