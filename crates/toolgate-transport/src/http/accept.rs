//! What a client accepts and what it sends (RFC 9110, sections 8.3, 8.4 and 12.5.1).

use http::{HeaderMap, header};

use super::list::split;

/// In which forms an answer may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Accepts {
    /// As one JSON document.
    pub(crate) json: bool,
    /// As an event stream.
    pub(crate) stream: bool,
}

impl Accepts {
    /// Reads `Accept`; none when neither form is accepted. A client that sends none accepts both.
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        let mut ranges = Vec::new();
        for value in headers.get_all(header::ACCEPT) {
            // What is not text names neither form.
            let Ok(value) = value.to_str() else { continue };
            ranges.extend(split(value, b',').filter_map(Range::read));
        }
        if ranges.is_empty() && says_nothing(headers) {
            return Some(Self { json: true, stream: true });
        }
        let (json, stream) =
            (wanted(&ranges, "application", "json"), wanted(&ranges, "text", "event-stream"));
        (json || stream).then_some(Self { json, stream })
    }
}

fn says_nothing(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT).iter().all(|value| value.as_bytes().trim_ascii().is_empty())
}

/// The most specific range that covers a type decides.
fn wanted(ranges: &[Range<'_>], main: &str, sub: &str) -> bool {
    let covering = ranges.iter().filter_map(|range| Some((range.covers(main, sub)?, range.wanted)));
    covering.max().is_some_and(|(_, wanted)| wanted)
}

/// A media range: what it covers, and whether that is wanted or excluded by `q=0`.
struct Range<'a> {
    main: &'a str,
    sub: &'a str,
    wanted: bool,
}

impl<'a> Range<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = split(text, b';');
        let (main, sub) = parts.next()?.split_once('/')?;
        let weight = parts
            .filter_map(|part| part.split_once('='))
            .find_map(|(name, value)| name.trim().eq_ignore_ascii_case("q").then(|| value.trim()));
        // Any other weight, even one that is no number, is not a refusal.
        let zero = weight.is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q == 0.0));
        Some(Self { main: main.trim(), sub: sub.trim(), wanted: !zero })
    }

    /// How specifically this covers a type; none when it does not.
    fn covers(&self, main: &str, sub: &str) -> Option<u8> {
        let own = self.main.eq_ignore_ascii_case(main);
        match (self.main, self.sub) {
            (_, own_sub) if own && own_sub.eq_ignore_ascii_case(sub) => Some(2),
            (_, "*") if own => Some(1),
            ("*", "*") => Some(0),
            _ => None,
        }
    }
}

/// Whether the body is said to be JSON in UTF-8, and nothing else.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Ok(value) = value.to_str() else { return false };
    let mut parts = split(value, b';');
    let json = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    json && parts.all(|part| match part.split_once('=') {
        Some((name, charset)) if name.trim().eq_ignore_ascii_case("charset") => {
            charset.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    })
}

/// Whether the body is sent as it is. Compressed bodies are refused: their size is only known once
/// they are unpacked.
pub(crate) fn is_plain(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
    values.all(|value| value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity"))
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(name: HeaderName, values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name.clone(), HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    #[test]
    fn accept_says_json_stream_both_or_neither() {
        let both = Some((true, true));
        type Row<'a> = (&'a [&'a str], Option<(bool, bool)>);
        let rows: &[Row<'_>] = &[
            (&[], both),
            (&[""], both),
            (&["application/json, text/event-stream"], both),
            (&["application/json", "text/event-stream"], both),
            (&["*/*"], both),
            (&["Application/JSON;charset=utf-8"], Some((true, false))),
            (&["application/*"], Some((true, false))),
            (&["text/*;q=0.1"], Some((false, true))),
            (&["text/event-stream"], Some((false, true))),
            (&["application/json;q=0, */*"], Some((false, true))),
            (&["*/*;q=0, application/json"], Some((true, false))),
            (&["application/json;q=0.0"], None),
            (&["text/html"], None),
            (&["text/html;x=\",application/json\""], None),
            (&["nonsense"], None),
        ];
        for (values, expected) in rows {
            let values: Vec<_> = values.iter().map(|value| value.as_bytes()).collect();
            let accepts = Accepts::read(&headers(header::ACCEPT, &values));
            assert_eq!(accepts.map(|it| (it.json, it.stream)), *expected, "{values:?}");
        }
    }

    #[test]
    fn only_json_in_utf_8_is_json() {
        let rows: &[(&[&str], bool)] = &[
            (&["application/json"], true),
            (&["APPLICATION/json ; charset=\"UTF-8\""], true),
            (&["application/json;x=y"], true),
            (&["application/json;charset=utf-16"], false),
            (&["text/plain"], false),
            (&["application/jsonp"], false),
            (&[], false),
            (&["application/json", "application/json"], false),
        ];
        for (values, expected) in rows {
            let bytes: Vec<_> = values.iter().map(|value| value.as_bytes()).collect();
            assert_eq!(is_json(&headers(header::CONTENT_TYPE, &bytes)), *expected, "{values:?}");
        }
        assert!(is_plain(&HeaderMap::new()));
        assert!(is_plain(&headers(header::CONTENT_ENCODING, &[b"Identity"])));
        assert!(!is_plain(&headers(header::CONTENT_ENCODING, &[b"identity", b"gzip"])));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let mut headers = HeaderMap::new();
                headers.insert(header::ACCEPT, value.clone());
                headers.insert(header::CONTENT_TYPE, value);
                let _ = (Accepts::read(&headers), is_json(&headers));
            }
        }
    }
}
