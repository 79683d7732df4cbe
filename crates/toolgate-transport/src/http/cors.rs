//! Which pages may call (Fetch, section 3.2). Off unless origins are named, one by one: `*` would
//! let any page use whatever the browser can reach.

use std::time::Duration;

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
        ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
    },
};

use super::{answer, body::Body, host::Host, list::split, url::Origin};

const METHODS: HeaderValue = HeaderValue::from_static("POST, GET, DELETE, OPTIONS");
const HEADERS: &str = "Authorization, DPoP, X-API-Key, Content-Type, Accept, MCP-Protocol-Version, \
                       Mcp-Method, Mcp-Name, Mcp-Session-Id, Last-Event-ID";
const EXPOSED: HeaderValue =
    HeaderValue::from_static("WWW-Authenticate, DPoP-Nonce, Mcp-Session-Id, MCP-Protocol-Version");
/// How many `Mcp-Param-*` names one preflight may ask for, and how long each may be.
const MAX_PARAMS: usize = 64;
const MAX_PARAM: usize = 128;

/// Origins whose pages may call.
///
/// ```
/// use toolgate_transport::http::Cors;
///
/// let cors = Cors::origins(["https://app.example", "http://localhost:6274"]);
/// ```
#[derive(Clone, Debug)]
pub struct Cors {
    origins: Vec<String>,
    max_age: Duration,
}

impl Cors {
    /// Allows pages of these origins, each written as `scheme://host[:port]`. There is no way to
    /// allow all.
    pub fn origins<O: Into<String>>(origins: impl IntoIterator<Item = O>) -> Self {
        let origins = origins.into_iter().map(Into::into).collect();
        Self { origins, max_age: Duration::from_secs(600) }
    }

    /// For how long browsers may keep the answer to a preflight. 10 minutes unless said otherwise.
    #[must_use]
    pub fn max_age(self, max_age: Duration) -> Self {
        Self { max_age, ..self }
    }

    /// The rules, once each origin is known to be one.
    pub(crate) fn rules(&self) -> Result<Rules, Vec<String>> {
        let (mut origins, mut problems) = (Vec::new(), Vec::new());
        for text in &self.origins {
            match Origin::read(text) {
                Some(origin) => origins.push(origin),
                None => problems.push(format!(
                    "cors names `{text}`, which is no origin; write scheme://host[:port] for each"
                )),
            }
        }
        let max_age = HeaderValue::from(self.max_age.as_secs());
        if problems.is_empty() { Ok(Rules { origins, max_age }) } else { Err(problems) }
    }
}

/// The origins, read.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    origins: Vec<Origin>,
    max_age: HeaderValue,
}

/// Where a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// No page, or one of this server's own.
    Own,
    /// A page that may call; how it named its origin.
    Allowed(HeaderValue),
}

/// A page of some other origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Foreign;

/// Judges `Origin` (transports, "Security warning"). `null` is foreign: any page can have it.
pub(crate) fn judge(
    headers: &HeaderMap,
    host: &Host,
    public: Option<&Origin>,
    rules: Option<&Rules>,
) -> Result<Page, Foreign> {
    let mut values = headers.get_all(ORIGIN).iter();
    let Some(value) = values.next() else { return Ok(Page::Own) };
    let origin = value.to_str().ok().and_then(Origin::read).ok_or(Foreign)?;
    if values.next().is_some() {
        return Err(Foreign);
    }
    if rules.is_some_and(|rules| rules.origins.contains(&origin)) {
        return Ok(Page::Allowed(value.clone()));
    }
    let own = ["http", "https"]
        .map(|scheme| Origin { scheme: scheme.to_owned(), host: host.clone() })
        .contains(&origin);
    if own || public == Some(&origin) { Ok(Page::Own) } else { Err(Foreign) }
}

/// Whether a browser asks if it may ask.
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Answers that an allowed page may ask.
pub(crate) fn preflight(rules: &Rules, headers: &HeaderMap) -> Response<Body> {
    let mut response = answer::empty(StatusCode::NO_CONTENT);
    let fields = response.headers_mut();
    fields.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    if let Ok(allowed) = HeaderValue::try_from(allowed_headers(headers)) {
        fields.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    }
    fields.insert(ACCESS_CONTROL_MAX_AGE, rules.max_age.clone());
    response
}

/// The headers that a page may send: the known ones, and the mirrored arguments that it asks for,
/// whose names are not known beforehand.
fn allowed_headers(headers: &HeaderMap) -> String {
    let mut allowed = HEADERS.to_owned();
    let values = headers.get_all(ACCESS_CONTROL_REQUEST_HEADERS).iter();
    let names = values.filter_map(|value| value.to_str().ok()).flat_map(|value| split(value, b','));
    let is_param = |name: &&str| {
        let prefix = name.get(.."mcp-param-".len());
        name.len() <= MAX_PARAM
            && prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case("mcp-param-"))
            && name.len() > "mcp-param-".len()
            && HeaderName::from_bytes(name.as_bytes()).is_ok()
    };
    for name in names.filter(is_param).take(MAX_PARAMS) {
        allowed.push_str(", ");
        allowed.push_str(name);
    }
    allowed
}

/// Puts on an answer what browsers need to show it to the page, refusals included.
pub(crate) fn stamp(response: &mut Response<Body>, page: &Page) {
    let fields = response.headers_mut();
    fields.append(VARY, HeaderValue::from_static("Origin"));
    if let Page::Allowed(origin) = page {
        fields.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        fields.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(origins: &[&str], host: &str, public: Option<&str>) -> Result<Page, Foreign> {
        let mut headers = HeaderMap::new();
        for origin in origins {
            headers.append(ORIGIN, HeaderValue::from_bytes(origin.as_bytes()).unwrap());
        }
        let rules = Cors::origins(["https://app.example"]).rules().unwrap();
        let public = public.and_then(Origin::read);
        judge(&headers, &Host::read(host).unwrap(), public.as_ref(), Some(&rules))
    }

    #[test]
    fn origins_are_ours_or_named_or_foreign() {
        let allowed = |text| Ok(Page::Allowed(HeaderValue::from_static(text)));
        type Row<'a> = (&'a [&'a str], Option<&'a str>, Result<Page, Foreign>);
        let rows: &[Row<'_>] = &[
            (&[], None, Ok(Page::Own)),
            (&["http://localhost:8080"], None, Ok(Page::Own)),
            (&["https://localhost:8080"], None, Ok(Page::Own)),
            (&["http://localhost:8081"], None, Err(Foreign)),
            (&["http://127.0.0.1:8080"], None, Err(Foreign)),
            (&["https://mcp.example"], Some("https://mcp.example"), Ok(Page::Own)),
            (&["http://mcp.example"], Some("https://mcp.example"), Err(Foreign)),
            (&["https://app.example"], None, allowed("https://app.example")),
            (&["https://app.example:443"], None, allowed("https://app.example:443")),
            (&["https://app.example.evil.example"], None, Err(Foreign)),
            (&["null"], None, Err(Foreign)),
            (&["*"], None, Err(Foreign)),
            (&["https://app.example", "https://app.example"], None, Err(Foreign)),
            (&["\u{e9}"], None, Err(Foreign)),
        ];
        for (origins, public, expected) in rows {
            assert_eq!(from(origins, "localhost:8080", *public), *expected, "{origins:?}");
        }
    }

    #[test]
    fn preflights_echo_mirrored_arguments_alone_and_not_without_end() {
        let mut headers = HeaderMap::new();
        let asked =
            "authorization, mcp-param-region, X-Other, Mcp-Param-, mcp-param-a b,mcp-param-é";
        headers.append(
            ACCESS_CONTROL_REQUEST_HEADERS,
            HeaderValue::from_static("Mcp-Param-Limit, mcp-param-x\"y"),
        );
        headers.append(
            ACCESS_CONTROL_REQUEST_HEADERS,
            HeaderValue::from_bytes(asked.replace('é', "").as_bytes()).unwrap(),
        );
        assert_eq!(
            allowed_headers(&headers),
            format!("{HEADERS}, Mcp-Param-Limit, mcp-param-region")
        );
        let many = (0..500).map(|n| format!("mcp-param-{n}")).collect::<Vec<_>>().join(",");
        headers.insert(ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::try_from(many).unwrap());
        assert_eq!(allowed_headers(&headers).matches("mcp-param-").count(), MAX_PARAMS);
    }

    #[test]
    fn what_is_no_origin_refuses_to_start() {
        let origins = ["*", "https://*", "https://*.ok.example", "null", "https://ok.example/"];
        assert_eq!(Cors::origins(origins).rules().unwrap_err().len(), origins.len());
    }
}
