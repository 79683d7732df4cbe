//! What the fuzz targets of `fuzz/` reach of this module, and nobody else.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Uri};
use toolgate_core::{Card, Error, protocol::Params};

use super::{accept, cors, decimal, host, list, lookup, mirror, sentinel, sse, url};

pub const KEEP_ALIVE: Bytes = sse::KEEP_ALIVE;

pub fn event(message: &[u8]) -> Bytes {
    sse::event(message)
}

pub fn sentinel(value: &str) -> Option<Cow<'_, str>> {
    sentinel::decode(value).ok()
}

pub fn is_same_number(a: &str, b: &str) -> bool {
    decimal::same(a, b)
}

pub fn elements(value: &str, separator: u8) -> Vec<&str> {
    list::split(value, separator).collect()
}

/// Whether JSON and whether events are accepted; none where neither is.
pub fn accepts(headers: &HeaderMap) -> Option<(bool, bool)> {
    accept::Accepts::read(headers).map(|accepts| (accepts.json, accepts.stream))
}

/// Whether the body is said to be JSON, and whether it is said to be sent as it is.
pub fn sends(headers: &HeaderMap) -> (bool, bool) {
    (accept::is_json(headers), accept::is_plain(headers))
}

pub fn host(text: &str) -> Option<String> {
    host::Host::read(text).map(|host| host.to_string())
}

/// The host that a request is for, of those on loopback and one more.
pub fn judged_host(uri: &Uri, headers: &HeaderMap, more: &str) -> Option<String> {
    let mut hosts = host::Hosts::default();
    hosts.loopback = true;
    host::Host::read(more).into_iter().for_each(|more| hosts.add(more, None));
    hosts.judge(uri, headers).ok().map(|host| host.to_string())
}

pub fn origin(text: &str) -> Option<String> {
    url::Origin::read(text).map(|origin| origin.to_string())
}

pub fn is_same_origin(a: &str, b: &str) -> bool {
    url::Origin::read(a).is_some_and(|a| url::Origin::read(b) == Some(a))
}

/// A public URL, and where its metadata document is.
pub fn public_url(text: &str, path: &str) -> Option<(String, String)> {
    url::PublicUrl::read(text, path).ok().map(|url| (url.to_string(), url.metadata()))
}

/// Whether a page may call a server on `host`, and what its preflight is told that it may send.
pub fn page(headers: &HeaderMap, host: &str, allowed: &str) -> Option<HeaderValue> {
    let rules = cors::Cors::origins([allowed]).rules().ok()?;
    cors::judge(headers, &host::Host::read(host)?, None, Some(&rules)).ok()?;
    let response = cors::preflight(&rules, headers);
    response.headers().get(http::header::ACCESS_CONTROL_ALLOW_HEADERS).cloned()
}

pub fn mirrored(
    headers: &HeaderMap,
    card: &Card,
    method: &str,
    version: &str,
    params: &Params<'_>,
) -> Result<(), Error> {
    mirror::request(headers, card, method, version, params)?;
    mirror::arguments(headers, card, method, params)
}

/// The value that `path` leads to; an error where a name on the way is there twice.
pub fn at<'a>(text: &'a str, path: &[&str]) -> Result<Option<&'a str>, ()> {
    lookup::at(text, path.iter().copied()).map_err(|lookup::Twice| ())
}
