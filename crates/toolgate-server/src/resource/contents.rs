//! What a resource can be read as.

use bytes::Bytes;
use serde::Serialize;
use toolgate_core::protocol::{Base64, resource::Contents};

use crate::{failure::Result, tool::Json};

/// What was asked for: what contents are filled in with where they say nothing themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Origin {
    /// The URI that was read.
    pub uri: String,
    /// The media type of the resource's description.
    pub mime_type: Option<String>,
}

/// What a resource can be read as: text, bytes, data, or several [`Contents`].
///
/// `None` and an empty `Vec` say that there is no such resource.
#[diagnostic::on_unimplemented(
    message = "a resource cannot be read as `{Self}`",
    note = "wrap data in `Json<..>`; text, `Vec<u8>`, `Contents` and `Option`s of these will do"
)]
pub trait IntoContents: Send + Sized + 'static {
    /// The contents; none where there is no such resource.
    ///
    /// # Errors
    /// When the value refuses to be serialized.
    fn into_contents(self, origin: &Origin) -> Result<Vec<Contents>>;
}

impl IntoContents for String {
    fn into_contents(self, origin: &Origin) -> Result<Vec<Contents>> {
        Contents::text(&origin.uri, self).into_contents(origin)
    }
}

impl IntoContents for &'static str {
    fn into_contents(self, origin: &Origin) -> Result<Vec<Contents>> {
        self.to_owned().into_contents(origin)
    }
}

impl IntoContents for Vec<u8> {
    fn into_contents(self, origin: &Origin) -> Result<Vec<Contents>> {
        Contents::blob(&origin.uri, Base64::of(self)).into_contents(origin)
    }
}

impl IntoContents for &'static [u8] {
    fn into_contents(self, origin: &Origin) -> Result<Vec<Contents>> {
        Contents::blob(&origin.uri, Base64::of(self)).into_contents(origin)
    }
}

impl IntoContents for Bytes {
    fn into_contents(self, origin: &Origin) -> Result<Vec<Contents>> {
        Contents::blob(&origin.uri, Base64::of(self)).into_contents(origin)
    }
}

/// Data, as JSON text; `application/json` where the resource has no other media type.
impl<T: Serialize + Send + 'static> IntoContents for Json<T> {
    fn into_contents(self, origin: &Origin) -> Result<Vec<Contents>> {
        let text = serde_json::to_string(&self.0)?;
        let mime_type = origin.mime_type.as_deref().unwrap_or("application/json");
        Ok(vec![Contents::text(&origin.uri, text).mime_type(mime_type)])
    }
}

/// An empty URI stands for the one that was read.
impl IntoContents for Contents {
    fn into_contents(mut self, origin: &Origin) -> Result<Vec<Contents>> {
        if self.uri.is_empty() {
            self.uri.clone_from(&origin.uri);
        }
        // A media type is the resource's own only where the contents are the resource itself.
        if self.mime_type.is_none() && self.uri == origin.uri {
            self.mime_type.clone_from(&origin.mime_type);
        }
        Ok(vec![self])
    }
}

impl IntoContents for Vec<Contents> {
    fn into_contents(self, origin: &Origin) -> Result<Vec<Contents>> {
        let each = self.into_iter().map(|contents| contents.into_contents(origin));
        Ok(each.collect::<Result<Vec<_>>>()?.concat())
    }
}

impl<T: IntoContents> IntoContents for Option<T> {
    fn into_contents(self, origin: &Origin) -> Result<Vec<Contents>> {
        self.map_or_else(|| Ok(Vec::new()), |contents| contents.into_contents(origin))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(contents: impl IntoContents, mime_type: Option<&str>) -> serde_json::Value {
        let origin = Origin { uri: "a:b".into(), mime_type: mime_type.map(str::to_owned) };
        serde_json::to_value(contents.into_contents(&origin).unwrap()).unwrap()
    }

    #[test]
    fn values_become_contents_of_the_uri_that_was_read() {
        let text = json!([{ "uri": "a:b", "mimeType": "text/markdown", "text": "x" }]);
        assert_eq!(written("x", Some("text/markdown")), text);
        assert_eq!(written(String::from("x"), Some("text/markdown")), text);
        assert_eq!(written(Some("x"), Some("text/markdown")), text);
        let blob = json!([{ "uri": "a:b", "blob": "AP8=" }]);
        assert_eq!(written(vec![0u8, 255], None), blob);
        assert_eq!(written(Bytes::from_static(&[0, 255]), None), blob);
        assert_eq!(written(&[0u8, 255][..], None), blob);
        assert_eq!(written(None::<String>, None), json!([]));
        let data = json!([{ "uri": "a:b", "mimeType": "application/json", "text": "{\"a\":1}" }]);
        assert_eq!(written(Json(json!({ "a": 1 })), None), data);
        let parts = vec![
            Contents::text("", "x"),
            Contents::text("a:b/c", "y"),
            Contents::text("", "z").mime_type("text/html"),
        ];
        let expected = json!([
            { "uri": "a:b", "mimeType": "text/plain", "text": "x" },
            { "uri": "a:b/c", "text": "y" },
            { "uri": "a:b", "mimeType": "text/html", "text": "z" },
        ]);
        assert_eq!(written(parts, Some("text/plain")), expected);
    }
}
