//! What a client asks for when it sends somebody here (RFC 6749, section 4.1.1), and whether that will
//! do.

use std::time::{Duration, SystemTime};

use super::{
    access::{scopes, words},
    client::OAuthClient,
    form::{Fields, encoded},
    refusal::Refusal,
    state::State,
    target,
};

/// How long somebody may take to log in and consent.
const PATIENCE: Duration = Duration::from_secs(600);

/// A request that will do, and has not been answered.
#[derive(Clone, Debug)]
pub(super) struct Login {
    pub(super) client: OAuthClient,
    pub(super) back: Back,
    /// `redirect_uri` as it was sent; it has to be sent once more.
    pub(super) redirect: Option<String>,
    /// The hash of what the client will show (RFC 7636).
    pub(super) challenge: String,
    pub(super) resources: Vec<String>,
    pub(super) scopes: Vec<String>,
    pub(super) acr: Option<String>,
    /// The thumbprint of the key that the code is for (RFC 9449, section 10).
    pub(super) key: Option<String>,
    /// Who they say they are, once they have.
    pub(super) person: Option<String>,
    pub(super) until: SystemTime,
}

/// Where somebody is sent back to, whatever comes of it.
#[derive(Clone, Debug)]
pub(super) struct Back {
    uri: String,
    state: Option<String>,
}

/// Why it will not do.
#[derive(Debug)]
pub(super) enum Wrong {
    /// Nobody is sent anywhere: it is not clear who asks, or where they want to have the answer.
    Here(&'static str),
    /// The client is told.
    There(Back, Refusal),
}

impl Back {
    /// The redirect with these parameters, with what the client gave along, and with who answers (RFC
    /// 9207).
    pub(super) fn with(&self, issuer: &str, parameters: &[(&str, &str)]) -> String {
        let mut uri = self.uri.clone();
        let state = self.state.as_deref().map(|state| ("state", state));
        let all = parameters.iter().copied().chain(state).chain([("iss", issuer)]);
        for (name, value) in all {
            uri.push(if uri.contains('?') { '&' } else { '?' });
            uri += &format!("{name}={}", encoded(value));
        }
        uri
    }
}

/// Reads a request and judges it.
pub(super) fn read(state: &State, fields: &Fields) -> Result<Login, Wrong> {
    let (client, back) = who(state, fields).map_err(Wrong::Here)?;
    wanted(state, fields, &client, &back).map_err(|refusal| Wrong::There(back, refusal))
}

fn who(state: &State, fields: &Fields) -> Result<(OAuthClient, Back), &'static str> {
    let one = |name: &str| fields.one(name).map_err(|refusal| refusal.description);
    let client = one("client_id")?.ok_or("The client does not say who it is.")?;
    let client = state.client(client).ok_or("There is no such client.")?;
    let uri = match (one("redirect_uri")?, &*client.redirects) {
        (Some(uri), _) if client.may_redirect(uri) => uri.to_owned(),
        (None, [only]) => only.clone(),
        _ => return Err("The client may not send you back to where it wants to."),
    };
    let state = one("state")?.map(str::to_owned);
    Ok((client, Back { uri, state }))
}

fn wanted(
    state: &State,
    fields: &Fields,
    client: &OAuthClient,
    back: &Back,
) -> Result<Login, Refusal> {
    if fields.needed("response_type", "response_type is missing")? != "code" {
        return Err(Refusal::new("unsupported_response_type", "only codes are given out"));
    }
    if fields.one("response_mode")?.is_some_and(|mode| mode != "query") {
        return Err(Refusal::request("the answer comes in the query"));
    }
    if fields.one("request")?.or(fields.one("request_uri")?).is_some() {
        return Err(Refusal::new("request_not_supported", "parameters come one by one"));
    }
    let challenge = fields.needed("code_challenge", "PKCE is needed")?;
    let sha256 = fields.one("code_challenge_method")? == Some("S256");
    // Base64url of 32 bytes.
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
    if !sha256 || challenge.len() != 43 || !challenge.bytes().all(plain) {
        return Err(Refusal::request("PKCE is needed with S256"));
    }
    // Nobody is logged in before they come here.
    if words(fields.one("prompt")?.unwrap_or_default()).iter().any(|prompt| prompt == "none") {
        return Err(Refusal::new("login_required", "everybody has to log in"));
    }
    Ok(Login {
        client: client.clone(),
        back: back.clone(),
        redirect: fields.one("redirect_uri")?.map(str::to_owned),
        challenge: challenge.to_owned(),
        resources: target::resources(state, fields)?,
        scopes: scopes(client, fields.one("scope")?, Vec::new())?,
        acr: acr(&state.settings().acr, fields.one("acr_values")?)?,
        key: fields.one("dpop_jkt")?.map(str::to_owned),
        person: None,
        until: state.now() + PATIENCE,
    })
}

/// How they will have logged in: the first of what the client wants that there is (RFC 9470, section
/// 5), or what is usual.
fn acr(there_are: &[String], wanted: Option<&str>) -> Result<Option<String>, Refusal> {
    let Some(wanted) = wanted else { return Ok(there_are.first().cloned()) };
    let found = words(wanted).into_iter().find(|acr| there_are.contains(acr));
    let unmet = Refusal::new("unmet_authentication_requirements", "nobody can log in like that");
    found.map(Some).ok_or(unmet)
}
