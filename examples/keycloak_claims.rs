//! Users of a Keycloak realm: tokens of a few clients alone, and claims as a type of this server.
//!
//! Reads what `hello_auth` reads, and `TOOLGATE_STATELESS`.

use toolgate::{
    Refusal, StartError,
    auth::{Claims, Jwt},
    core::env::Env,
    prelude::*,
    serde::Deserialize,
};

/// Clients whose tokens are accepted (`azp`).
const CLIENTS: [&str; 2] = ["portal", "service-desk"];

/// Who asks, made of the claims of a verified token.
#[derive(Deserialize)]
#[serde(crate = "toolgate::serde")]
struct User {
    #[serde(rename = "preferred_username")]
    name: String,
    legacy_name: Option<String>,
    #[serde(rename = "realm_access", default)]
    realm: Realm,
    #[serde(rename = "azp")]
    client: String,
}

#[derive(Default, Deserialize)]
#[serde(crate = "toolgate::serde", default)]
struct Realm {
    roles: Vec<String>,
}

impl User {
    fn is_auditor(&self) -> bool {
        self.realm.roles.iter().any(|role| role == "auditor")
    }
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
        let User { name, legacy_name, realm, .. } = cx.principal()?;
        let (name, legacy_name) = (name.clone(), legacy_name.clone());
        Ok(Info { name, legacy_name, roles: realm.roles.clone() })
    }
}

/// Tell through which client the caller came.
#[derive(Tool)]
#[tool(name = "client-info", read_only, guard = when(User::is_auditor))]
struct ClientInfo;

impl Run for ClientInfo {
    type Output = String;

    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        Ok(cx.principal::<User>()?.client.clone())
    }
}

/// Whom the claims of a verified token tell of. A token of any other client is good, and logging in
/// again would bring one of the same client: so 403, and not 401.
fn user(claims: &Claims) -> Result<User, Refusal> {
    let user: User = claims.parse()?;
    if CLIENTS.contains(&&*user.client) {
        Ok(user)
    } else {
        Err(Refusal::forbidden("this client may not call"))
    }
}

#[tokio::main]
async fn main() -> Result<(), ServeError> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let unset = || StartError::new("TOOLGATE_ISSUER is not set");
    let tokens = Jwt::from_env(&Env::process())?.ok_or_else(unset)?;

    let http = http::listen().auth(tokens.principal(user).build()?);
    let server = Server::new("users", "1.0.0").principal::<User>();
    server.tool::<UserInfo>().tool::<ClientInfo>().serve(http).await
}
