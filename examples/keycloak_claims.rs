//! Users of a Keycloak realm: tokens of a few clients alone, and claims as a type of this server.
//!
//! Reads what `hello_auth` reads, and `TOOLGATE_STATELESS`.

use toolgate::{
    StartError,
    auth::{Jwt, Mapping},
    core::env::Env,
    prelude::*,
    serde::Deserialize,
};

/// Who asks.
#[derive(Deserialize)]
#[serde(crate = "toolgate::serde")]
struct User {
    name: String,
    legacy_name: Option<String>,
    roles: Vec<String>,
    client: String,
}

/// Which claims of a verified token say what. A token of any other client is good, and logging in
/// again would bring one of the same client: so that is 403, and not 401.
fn user(claims: Mapping) -> Mapping {
    claims.clients(["portal", "service-desk"]).roles(["realm_access.roles"]).user::<User>(|user| {
        user.required("name", ["preferred_username"])
            .optional("legacy_name", ["legacy_name"])
            .list("roles", ["realm_access.roles"])
            .required("client", ["azp"])
    })
}

/// Tell who the caller is.
#[derive(Tool)]
#[tool(name = "user-info", read_only)]
struct UserInfo;

#[derive(Output)]
struct Info {
    name: String,
    legacy_name: Option<String>,
    roles: Vec<String>,
}

impl Run for UserInfo {
    type Output = Info;

    async fn run(self, _: &(), cx: &Context) -> Result<Info> {
        let User { name, legacy_name, roles, .. } = cx.principal()?;
        let (name, legacy_name) = (name.clone(), legacy_name.clone());
        Ok(Info { name, legacy_name, roles: roles.clone() })
    }
}

/// Tell through which client the caller came.
#[derive(Tool)]
#[tool(name = "client-info", read_only, roles("auditor"))]
struct ClientInfo;

impl Run for ClientInfo {
    type Output = String;

    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        Ok(cx.principal::<User>()?.client.clone())
    }
}

#[tokio::main]
async fn main() -> Result<(), ServeError> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let unset = || StartError::new("TOOLGATE_ISSUER is not set");
    let tokens = Jwt::from_env(&Env::process())?.ok_or_else(unset)?;

    let http = http::listen().auth(tokens.claims(user).build()?);
    let server = Server::new("users", "1.0.0").principal::<User>();
    server.tool::<UserInfo>().tool::<ClientInfo>().serve(http).await
}
