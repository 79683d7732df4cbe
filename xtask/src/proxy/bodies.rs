//! Large bodies: one that is taken, and one that is refused by the server and not by the proxy.

use serde_json::json;

use super::era::{ERAS, of_status, text};
use super::nginx::PREFIX;
use super::stage::Stage;
use crate::Result;

const MIB: usize = 1 << 20;

pub(super) fn large(stage: &Stage) -> Result<String> {
    let url = stage.url(PREFIX);
    for era in ERAS {
        let send =
            |size: usize| era.call(&url, "length", json!({ "text": "x".repeat(size) })).send();
        let taken = send(3 * MIB)?;
        if text(&taken)? != (3 * MIB).to_string() {
            return Err(taken.fault("not the length"));
        }
        let refused = of_status(send(5 * MIB)?, 413)?;
        let is_json = refused.field("content-type") == Some("application/json");
        if !is_json || refused.message()?.get("error").is_none() {
            return Err(refused.fault("not an error of the server's own"));
        }
    }
    Ok("3 MiB went through; 5 MiB, more than the server takes, got its 413 as JSON".into())
}
