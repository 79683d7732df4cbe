//! Whether headers say what the body says (transports, "Standard request headers" and "Custom
//! headers"). The body is the truth; whoever routed by the headers must have been told it.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName};
use toolgate_core::{
    Card, Error,
    protocol::{Json, Params, code, method},
};

use super::{decimal, lookup, sentinel};

static VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
static METHOD: HeaderName = HeaderName::from_static("mcp-method");
static NAME: HeaderName = HeaderName::from_static("mcp-name");
const PARAM: &str = "mcp-param-";

/// Compares a request with the headers that every one has.
///
/// # Errors
/// `-32020` when a mirrored header is missing, there twice, malformed, or says something else.
pub(crate) fn request(
    headers: &HeaderMap,
    card: &Card,
    method: &str,
    version: &str,
    params: &Params<'_>,
) -> Result<(), Error> {
    equal(&VERSION, required(&VERSION, one(headers, &VERSION)?)?, version)?;
    equal(&METHOD, required(&METHOD, one(headers, &METHOD)?)?, method)?;
    if let Some(member) = card.mcp_name(method) {
        let body = params.text(member);
        match (one(headers, &NAME)?, body) {
            (None, None) => {}
            (None, Some(_)) => return Err(missing(&NAME)),
            (Some(_), None) => return Err(differs(&NAME)),
            (Some(header), Some(body)) => equal(&NAME, &decoded(&NAME, header)?, &body)?,
        }
    }
    Ok(())
}

/// Compares the arguments of a call with the headers that its tool wants. That it wants any is told
/// only to whoever may use it.
///
/// # Errors
/// `-32020` likewise.
pub(crate) fn arguments(
    headers: &HeaderMap,
    card: &Card,
    method: &str,
    params: &Params<'_>,
) -> Result<(), Error> {
    if method != method::TOOLS_CALL || !card.has_param_headers() {
        return Ok(());
    }
    params.text("name").map_or(Ok(()), |tool| of_tool(headers, card, &tool, params.json()))
}

/// The revision that a message names in its header.
///
/// # Errors
/// `-32020` when it is there twice or is no text.
pub(crate) fn version(headers: &HeaderMap) -> Result<Option<&str>, Error> {
    one(headers, &VERSION)
}

/// Compares a notification with what headers there are: none is required of one.
///
/// # Errors
/// `-32020` as for a request.
pub(crate) fn notification(
    headers: &HeaderMap,
    method: &str,
    version: Option<&str>,
) -> Result<(), Error> {
    if let Some(header) = one(headers, &METHOD)? {
        equal(&METHOD, header, method)?;
    }
    match (one(headers, &VERSION)?, version) {
        (Some(header), Some(version)) => equal(&VERSION, header, version),
        _ => Ok(()),
    }
}

fn of_tool(headers: &HeaderMap, card: &Card, tool: &str, params: &Json) -> Result<(), Error> {
    let mirrored = card.param_headers(tool);
    if mirrored.is_empty() {
        return Ok(());
    }
    let text = std::str::from_utf8(params.as_bytes())
        .map_err(|_| Error::invalid_params("the parameters are no text"))?;
    for param in mirrored {
        let name = format!("{PARAM}{}", param.suffix);
        // A card that somebody else wrote may promise what no header can be called.
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { continue };
        let path = std::iter::once("arguments").chain(param.path.iter().map(String::as_str));
        let twice = |_| mismatch(&name, "is of an argument that the body names twice");
        let body = lookup::at(text, path).map_err(twice)?.filter(|value| *value != "null");
        match (one(headers, &name)?, body) {
            (None, None) => {}
            (None, Some(_)) => return Err(missing(&name)),
            (Some(_), None) => return Err(differs(&name)),
            (Some(header), Some(body)) => {
                if !says(&decoded(&name, header)?, body) {
                    return Err(differs(&name));
                }
            }
        }
    }
    Ok(())
}

/// Whether a header's text stands for a JSON value. The value's own type decides how they are
/// compared; whether it is the type that the tool wants is the tool's affair.
fn says(header: &str, body: &str) -> bool {
    match body.bytes().next() {
        Some(b'"') => serde_json::from_str::<String>(body).is_ok_and(|text| text == header),
        Some(b't' | b'f') => header == body,
        Some(b'-' | b'0'..=b'9') => decimal::same(header, body),
        // Neither objects nor arrays can be mirrored.
        _ => false,
    }
}

/// The one value of a header, trimmed; none where there is none.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Error> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(mismatch(name, "is there twice"));
    }
    // `to_str` takes visible ASCII, space and tab, which is what such a value may consist of.
    let value =
        value.to_str().map_err(|_| mismatch(name, "has characters that may not be there"))?;
    Ok(Some(value.trim_matches([' ', '\t'])))
}

fn decoded<'a>(name: &HeaderName, header: &'a str) -> Result<Cow<'a, str>, Error> {
    sentinel::decode(header).map_err(|_| mismatch(name, "is not the Base64 of UTF-8"))
}

fn required<'a>(name: &HeaderName, header: Option<&'a str>) -> Result<&'a str, Error> {
    header.ok_or_else(|| missing(name))
}

fn equal(name: &HeaderName, header: &str, body: &str) -> Result<(), Error> {
    if header == body { Ok(()) } else { Err(differs(name)) }
}

fn missing(name: &HeaderName) -> Error {
    mismatch(name, "is missing")
}

fn differs(name: &HeaderName) -> Error {
    mismatch(name, "differs from the body")
}

fn mismatch(name: &HeaderName, what: &str) -> Error {
    Error::new(code::HEADER_MISMATCH, format!("the header `{name}` {what}"))
}

#[cfg(test)]
mod tests;
