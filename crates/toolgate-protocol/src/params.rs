//! Parameters of a request, split once for all who look at single members.

use std::borrow::Cow;

use crate::{
    json::Json,
    meta::{BadMeta, RequestMeta},
    object::Object,
};

/// The members of `params`, their values unread.
#[derive(Debug)]
pub struct Params<'a> {
    json: &'a Json,
    members: Object<'a>,
}

impl<'a> Params<'a> {
    /// Splits them.
    ///
    /// # Errors
    /// When they are no object or name a member twice.
    pub fn split(json: &'a Json) -> Result<Self, BadMeta> {
        let message = "`params` must be an object without duplicates";
        let members = Object::parse(json.as_bytes()).map_err(|_| BadMeta { message })?;
        Ok(Self { json, members })
    }

    /// What the request says of itself; nothing where there is no `_meta`.
    ///
    /// # Errors
    /// As for [`RequestMeta::read`].
    pub fn meta(&self) -> Result<RequestMeta, BadMeta> {
        let meta = self.members.take("_meta");
        meta.map_or_else(|| Ok(RequestMeta::default()), |meta| RequestMeta::of(self.json, meta))
    }

    /// One string member, decoded. None when it is absent or no string.
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.members.text(name)?.ok()
    }

    /// One member, sharing the bytes of all.
    pub fn value(&self, name: &str) -> Option<Json> {
        self.members.take(name).map(|raw| Json::within(self.json.bytes(), raw))
    }

    /// All of them as they were sent.
    pub fn json(&self) -> &'a Json {
        self.json
    }
}
