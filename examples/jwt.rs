//! Access tokens of one issuer, as JWT: their claims become a type of this server, and a tool wants a
//! scope.
//!
//! Reads `TOOLGATE_ISSUER`, `TOOLGATE_PUBLIC_URL` and `TOOLGATE_ADDR`.

use toolgate::{StartError, auth::Mapping, prelude::*, serde::Deserialize};

/// Who asks.
#[derive(Deserialize)]
#[serde(crate = "toolgate::serde")]
struct User {
    name: String,
    email: Option<String>,
    groups: Vec<String>,
}

/// Which claims say what; of several, the first that is there. Without a name nobody is let in.
fn user(claims: Mapping) -> Mapping {
    claims.user::<User>(|user| {
        user.required("name", ["name", "preferred_username"])
            .optional("email", ["email"])
            .list("groups", ["groups", "realm_access.roles"])
    })
}

/// Tell who the caller is.
#[derive(Tool)]
#[tool(read_only)]
struct Who;

impl Run for Who {
    type Output = String;
    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        let User { name, email, groups } = cx.principal()?;
        Ok(format!("{name} <{}> of {}", email.as_deref().unwrap_or("-"), groups.join(", ")))
    }
}

/// Sign a text in the name of the caller.
#[derive(Tool)]
#[tool(scopes("texts:sign"))]
struct Sign {
    text: String,
}

impl Run for Sign {
    type Output = String;
    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        Ok(format!("{} -- {}", self.text, cx.principal::<User>()?.name))
    }
}

#[tokio::main]
async fn main() -> Result<(), ServeError> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let unset = |_| StartError::new("TOOLGATE_ISSUER is not set");
    let tokens = jwt(std::env::var("TOOLGATE_ISSUER").map_err(unset)?).claims(user);
    let server = Server::new("texts", "1.0.0").principal::<User>().tool::<Who>().tool::<Sign>();
    server.serve(http::listen().auth(tokens.build()?)).await
}
