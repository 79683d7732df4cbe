//! Certificates that openssl makes, and curl as a client that shows one.

use std::fs;

use crate::Result;
use crate::command::{self, output, run};
use crate::examples::META;

/// The example whose readers are told how a certificate's thumbprint is made.
const EXAMPLE: &str = "examples/mtls.rs";

/// What openssl puts into certificates of each kind.
const KINDS: &str = "\
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[server]
subjectAltName = IP:127.0.0.1
extendedKeyUsage = serverAuth
[client]
extendedKeyUsage = clientAuth
";

/// Makes an authority, and what it signs: for the server, for a client, for another. Of each there is
/// `<name>.pem` and `<name>.key`.
pub(crate) fn mint(folder: &str) -> Result {
    fs::create_dir_all(folder)?;
    fs::write(format!("{folder}/kinds"), KINDS)?;
    for (name, kind, signed) in [
        ("ca", "ca", ""),
        ("server", "server", "-CA ca.pem -CAkey ca.key"),
        ("client", "client", "-CA ca.pem -CAkey ca.key"),
        ("other", "client", "-CA ca.pem -CAkey ca.key"),
    ] {
        let words = format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -config kinds \
             -extensions {kind} -subj /CN={name} -keyout {name}.key -out {name}.pem {signed}"
        );
        run(command::program("openssl", &words).current_dir(folder))?;
    }
    Ok(())
}

/// What a token that is bound to the client's certificate has in `x5t#S256`, by the line of the example.
pub(crate) fn thumbprint(folder: &str) -> Result<String> {
    let text = fs::read_to_string(EXAMPLE)?;
    let line = text.lines().find_map(|line| line.strip_prefix("//! openssl "));
    let line = line.ok_or("the example tells no line of openssl")?;
    let said = shell(folder, &format!("openssl {line}"))?;
    Ok(said.trim().to_owned())
}

/// Who has a token, beside the certificates of a folder.
#[derive(Debug)]
pub(crate) struct Holder<'a> {
    pub(crate) folder: &'a str,
    pub(crate) url: &'a str,
    pub(crate) token: &'a str,
}

impl Holder<'_> {
    /// Calls `who` as curl does, with these words of its command line: the whole answer.
    pub(crate) fn who(&self, with: &str) -> Result<String> {
        let Self { folder, url, token } = self;
        let params = format!(r#"{{"name":"who","arguments":{{}},"_meta":{META}}}"#);
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
        let line = format!(
            "curl -s --show-error --include --max-time 10 --cacert ca.pem {with} {url} \
             -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' \
             -H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' \
             -H 'Mcp-Method: tools/call' -H 'Mcp-Name: who' -d '{body}'"
        );
        shell(folder, &line)
    }
}

fn shell(folder: &str, line: &str) -> Result<String> {
    output(command::program("sh", "-c").arg(line).current_dir(folder))
}
