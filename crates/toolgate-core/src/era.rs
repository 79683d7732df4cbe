//! Which revision a request is written in (versioning, "Version negotiation").

use toolgate_protocol::{Json, Params, RequestMeta, legacy, meta::BadMeta, version};

use crate::error::Error;

/// Splits parameters and reads what they tell of their message.
///
/// # Errors
/// `-32602` when they are no parameters, or their `_meta` is none.
pub fn split(params: &Json) -> Result<(Params<'_>, RequestMeta), Error> {
    let bad = |bad: BadMeta| Error::invalid_params(bad.message);
    let params = Params::split(params).map_err(bad)?;
    let meta = params.meta().map_err(bad)?;
    Ok((params, meta))
}

/// What a request of the modern era has to say of itself, before anything is compared with it.
///
/// # Errors
/// `-32602` when a required member of `_meta` is missing; `-32022` for the old era's handshake,
/// which is answered with the revisions that are served.
pub fn required<'a>(
    method: &str,
    params: &Params<'_>,
    meta: &'a RequestMeta,
) -> Result<&'a str, Error> {
    match (&meta.version, &meta.client_capabilities) {
        (None, None) if method == legacy::INITIALIZE => {
            let asked = params.text("protocolVersion").unwrap_or_default();
            Err(Error::unsupported_version(&asked))
        }
        (None, _) => Err(Error::invalid_params("`_meta` lacks the protocol version")),
        (_, None) => Err(Error::invalid_params("`_meta` lacks the client capabilities")),
        (Some(version), Some(_)) => Ok(version),
    }
}

/// Whether the revision is served. Runs after headers were compared with the body: a disagreement
/// comes before an agreed version that nobody serves.
///
/// # Errors
/// `-32022` with the revisions that are.
pub fn supported(version: &str) -> Result<(), Error> {
    if version::is_supported(version) { Ok(()) } else { Err(Error::unsupported_version(version)) }
}

#[cfg(test)]
mod tests {
    use toolgate_protocol::{Json, code};

    use super::*;

    fn meta(version: Option<&str>, capabilities: bool) -> RequestMeta {
        let mut meta = RequestMeta::default();
        meta.version = version.map(Into::into);
        meta.client_capabilities = capabilities.then(Json::object);
        meta
    }

    #[test]
    fn each_way_of_saying_too_little_has_its_code() {
        let rows = [
            ("tools/list", None, false, code::INVALID_PARAMS),
            ("tools/list", Some("2026-07-28"), false, code::INVALID_PARAMS),
            ("tools/list", None, true, code::INVALID_PARAMS),
            (legacy::INITIALIZE, None, false, code::UNSUPPORTED_VERSION),
            (legacy::INITIALIZE, None, true, code::INVALID_PARAMS),
        ];
        let none = Json::object();
        let none = Params::split(&none).unwrap();
        for (method, version, capabilities, code) in rows {
            let meta = meta(version, capabilities);
            assert_eq!(
                required(method, &none, &meta).unwrap_err().code(),
                code,
                "{method} {version:?}"
            );
        }
        assert_eq!(required("x", &none, &meta(Some("v999"), true)).unwrap(), "v999");
        let params = Json::of(&serde_json::json!({ "protocolVersion": "2025-11-25" })).unwrap();
        let params = Params::split(&params).unwrap();
        let error = required(legacy::INITIALIZE, &params, &meta(None, false)).unwrap_err();
        assert!(error.data().unwrap().as_bytes().ends_with(br#""requested":"2025-11-25"}"#));
    }

    #[test]
    fn a_version_that_is_not_served_names_those_that_are() {
        supported("2026-07-28").unwrap();
        let error = supported("v999").unwrap_err();
        assert_eq!(
            error.data().unwrap().as_bytes(),
            br#"{"supported":["2026-07-28"],"requested":"v999"}"#
        );
    }
}
