//! Users of a Keycloak realm: tokens of a few clients alone, and claims as a type of this server.
//!
//! Reads what `hello_auth` reads, and `TOOLGATE_STATELESS`.

use toolgate::{
    Authenticate, Credentials, Refusal, StartError, Verdict,
    auth::{Jwt, JwtAuth},
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

/// Lets the tokens of [`CLIENTS`] in. A token of any other is good, and logging in again would bring
/// one of the same client: so 403, and not 401.
fn of_known_clients(tokens: JwtAuth) -> impl Authenticate {
    let issuers = tokens.card().authorization_servers;
    let judge = move |credentials: Credentials| {
        let tokens = tokens.clone();
        async move {
            let verdict = tokens.authenticate(&credentials).await;
            let Verdict::Known(identity, _) = &verdict else { return verdict };
            match identity.ext.find::<User>() {
                Some(user) if CLIENTS.contains(&&*user.client) => verdict,
                _ => Verdict::Forbidden(Refusal::invalid("this client may not call")),
            }
        }
    };
    auth_fn(judge).authorization_servers(issuers).provides::<User>()
}

#[tokio::main]
async fn main() -> Result<(), ServeError> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let unset = || StartError::new("TOOLGATE_ISSUER is not set");
    let tokens = Jwt::from_env(&Env::process())?.ok_or_else(unset)?;
    let tokens = tokens.principal(|claims| claims.parse::<User>()).build()?;

    let http = http::listen().auth(of_known_clients(tokens));
    let server = Server::new("users", "1.0.0").principal::<User>();
    server.tool::<UserInfo>().tool::<ClientInfo>().serve(http).await
}
