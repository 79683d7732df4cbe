//! The environment as evidence of who the one caller is.

use toolgate_core::Evidence;

/// A token as if it were sent as bearer token, and the name of this server. So what judges requests
/// over HTTP judges here unchanged.
pub(crate) struct Environment {
    pub(crate) token: Option<String>,
    pub(crate) resource: Option<String>,
}

impl Evidence for Environment {
    fn fields(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        if let Some(token) = self.token.as_ref().filter(|_| is_authorization(name)) {
            each(format!("Bearer {token}").as_bytes());
        }
    }

    fn resource(&self) -> &str {
        self.resource.as_deref().unwrap_or_default()
    }
}

fn is_authorization(name: &str) -> bool {
    name.eq_ignore_ascii_case("authorization")
}

#[cfg(test)]
mod tests {
    use toolgate_core::{Credentials, credentials::Field};

    use super::*;

    #[test]
    fn a_token_is_a_bearer_token_and_nothing_else_is_shown() {
        let of = |token: Option<&str>| {
            let resource = Some("https://mcp.example/mcp".into());
            Credentials::new(Environment { token: token.map(Into::into), resource })
        };
        let it = of(Some("abc"));
        assert_eq!(it.field("Authorization"), Field::One(b"Bearer abc".as_slice().into()));
        assert_eq!(it.field("path"), Field::Absent);
        assert_eq!((it.resource(), it.method(), it.target()), ("https://mcp.example/mcp", "", ""));
        assert_eq!(of(None).field("authorization"), Field::Absent);
    }
}
