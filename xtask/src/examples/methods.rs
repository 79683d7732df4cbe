//! One example for each method of telling who calls, and what they may: each is short, and as a program it
//! answers a user by name and refuses a call.

mod around;
mod dpop;
mod mtls;
mod policy;

use std::fs;

use serde_json::json;

use self::around::{Example, Issuer};
use crate::Result;
use crate::command::{output, program};
use crate::server;

/// What an example is called, and what it is held to.
type Method = (&'static str, fn() -> Result);

const METHODS: &[Method] = &[
    ("jwt", jwt),
    ("issuers", issuers),
    ("api_keys", api_keys),
    ("introspection", introspection),
    ("dpop", dpop::check),
    ("mtls", mtls::check),
    ("exchange", exchange),
    ("policy", policy::check),
];

/// No example of a method has more lines.
const LINES: usize = 60;

/// What the example with keys reads them from.
const KEYS: &str = "target/api_keys.json";

pub(super) fn check() -> Result {
    for (name, _) in METHODS {
        let lines = fs::read_to_string(format!("examples/{name}.rs"))?.lines().count();
        if lines > LINES {
            return Err(format!("examples/{name}.rs has {lines} lines, and {LINES} will do").into());
        }
    }
    METHODS.iter().try_for_each(|(_, check)| check())
}

fn jwt() -> Result {
    let issuer = Issuer::start("")?;
    let example = Example::start("jwt", &issuer.variables())?;
    let token = issuer.login("desk", &example.url, "")?;
    example.call("who", json!({}), &token)?.has(200, "Ann Archer <ann@example.org> of auditor")?;
    let text = json!({ "text": "so be it" });
    let scope = r#"error="insufficient_scope", scope="texts:sign""#;
    example.call("sign", text.clone(), &token)?.has(403, scope)?;
    let token = issuer.login("desk", &example.url, "texts:sign")?;
    example.call("sign", text, &token)?.has(200, "so be it -- Ann Archer")
}

fn issuers() -> Result {
    let (staff, partners) = (Issuer::start("")?, Issuer::start("")?);
    let both = [("STAFF_ISSUER", &*staff.url), ("PARTNER_ISSUER", &*partners.url)];
    let example = Example::start("issuers", &both)?;
    let ask = |issuer: &Issuer, client: &str| {
        example.call("who", json!({}), &issuer.login(client, &example.url, "")?)
    };
    ask(&staff, "desk")?.has(200, &format!("ann (auditor) of {}", staff.url))?;
    ask(&partners, "partner-portal")?
        .has(200, &format!("ann@example.org (design) of {}", partners.url))?;
    ask(&partners, "desk")?.has(403, "")?;
    ask(&Issuer::start("")?, "desk")?.has(401, r#"error="invalid_token""#)
}

fn api_keys() -> Result {
    let executable = server::build("--example", "api_keys")?;
    let make = || -> Result<_> {
        let said = output(&mut program(&executable, "tg_nightly ann"))?;
        let said = |label| said.lines().find_map(|line| server::after(line, label));
        said("key:").zip(said("entry:")).ok_or_else(|| "it makes no key".into())
    };
    let ((key, entry), (other, _)) = (make()?, make()?);
    fs::write(KEYS, format!("[{entry}]"))?;
    let example = Example::start("api_keys", &[("TOOLGATE_API_KEYS", KEYS)])?;
    example.call("who", json!({}), &key)?.has(200, "ann by tg_nightly")?;
    example.call("who", json!({}), &other)?.has(401, r#"error="invalid_token""#)
}

fn introspection() -> Result {
    let issuer = Issuer::start("--opaque")?;
    let example = Example::start("introspection", &issuer.variables())?;
    let token = issuer.login("desk", &example.url, "profile")?;
    example.call("who", json!({}), &token)?.has(200, "ann")?;
    example.call("who", json!({}), &format!("{token}x"))?.has(401, r#"error="invalid_token""#)
}

fn exchange() -> Result {
    let issuer = Issuer::start("")?;
    let example = Example::start("exchange", &issuer.variables())?;
    let token = issuer.login("desk", &example.url, "")?;
    example.call("report", json!({}), &token)?.has(200, "the report of ann")?;
    let elsewhere = issuer.login("desk", &issuer.reports, "reports:read")?;
    example.call("report", json!({}), &elsewhere)?.has(401, r#"error="invalid_token""#)
}
