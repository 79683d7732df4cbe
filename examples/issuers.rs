//! Tokens of two issuers on one endpoint: employees from Keycloak, partners from anybody else.
//!
//! Reads `STAFF_ISSUER` and `PARTNER_ISSUER`, `TOOLGATE_PUBLIC_URL` and `TOOLGATE_ADDR`.

use toolgate::{
    StartError,
    auth::{issuers, jwt, presets},
    prelude::*,
    serde::Deserialize,
};

/// Who asks, whichever issuer says so.
#[derive(Deserialize)]
#[serde(crate = "toolgate::serde")]
struct User {
    name: String,
    teams: Vec<String>,
}

/// Tell who the caller is, and who vouches for that.
#[derive(Tool)]
#[tool(read_only)]
struct Who;

impl Run for Who {
    type Output = String;
    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        let User { name, teams } = cx.principal()?;
        // The same name of another issuer is somebody else.
        Ok(format!("{name} ({}) of {}", teams.join(", "), cx.identity()?.key.issuer))
    }
}

fn variable(name: &str) -> Result<String, StartError> {
    std::env::var(name).map_err(|_| StartError::new(format!("{name} is not set")))
}

#[tokio::main]
async fn main() -> Result<(), ServeError> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let staff = presets::keycloak(variable("STAFF_ISSUER")?).claims(|claims| {
        claims.user::<User>(|user| {
            user.required("name", ["preferred_username"]).list("teams", ["realm_access.roles"])
        })
    });
    let partners = jwt(variable("PARTNER_ISSUER")?).claims(|claims| {
        claims.clients(["partner-portal"]).user::<User>(|user| {
            user.required("name", ["email", "sub"])
                .list("teams", ["[https://partners.example/teams]"])
        })
    });
    let http = http::listen().auth(issuers([staff, partners])?);
    Server::new("who", "1.0.0").principal::<User>().tool::<Who>().serve(http).await
}
