//! The examples build, and do what their readers are told that they do.

mod methods;

use std::fs;
use std::process::Command;

use crate::Result;
use crate::command::{calling_cargo, cargo, output, program, run};
use crate::server::{self, Server};

/// What a request of revision 2026-07-28 says of itself.
pub(crate) const META: &str = r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;

/// The quickstart as a reader meets it.
#[derive(Debug)]
struct Quickstart {
    curl: String,
    /// Ends with this value.
    _server: Server,
}

impl Quickstart {
    /// Builds it, starts it on a free port and reads the three things it prints.
    fn start() -> Result<Self> {
        run(&mut cargo("build --example quickstart"))?;
        let server = Server::start(&mut cargo("run --quiet --example quickstart"))?;
        let endpoint = |line: &str| line.strip_prefix("endpoint:").and_then(server::url);
        server.line("endpoint", endpoint)?;
        server.line("token", |line| server::after(line, "token:"))?;
        let curl = server.line("curl line", |line| {
            line.trim_start().starts_with("curl ").then(|| line.trim().to_owned())
        })?;
        Ok(Self { curl, _server: server })
    }
}

pub(crate) fn check() -> Result {
    // Also those of tests: as they are built here, they are found by name later.
    run(&mut cargo("build --examples"))?;
    custom_transport()?;
    stdio()?;
    guide()?;
    methods::check()?;
    quickstart()
}

/// It calls itself over a transport of its own.
fn custom_transport() -> Result {
    let said = output(&mut cargo("run --quiet --example custom_transport -- --demo"))?;
    if !said.contains(r#""text":"hello, ali baba""#) {
        return Err(format!("the custom transport answered: {said}").into());
    }
    println!("over a custom transport: {}", said.trim());
    Ok(())
}

/// It answers what it is piped, and ends.
fn stdio() -> Result {
    let params = format!(r#"{{"name":"add","arguments":{{"a":1,"b":2}},"_meta":{META}}}"#);
    let line = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
    run(&mut cargo("build --example stdio"))?;
    let piped = format!("echo '{line}' | cargo run --quiet --example stdio");
    let said = output(calling_cargo("sh", "-c").arg(piped))?;
    if !said.contains(r#""text":"3""#) {
        return Err(format!("over stdio it answered: {said}").into());
    }
    println!("over stdio: {}", said.trim());
    Ok(())
}

/// Every file of the guide serves itself by its name.
fn guide() -> Result {
    let program = server::build("--example", "guide")?;
    let mut names = Vec::new();
    for file in fs::read_dir("examples/guide")? {
        let name = file?.file_name().to_string_lossy().trim_end_matches(".rs").to_owned();
        if name != "main" {
            names.push(name);
        }
    }
    names.sort();
    for name in &names {
        let server = Server::start(Command::new(&program).arg(name))?;
        let endpoint = |line: &str| line.strip_prefix("endpoint:").and_then(server::url);
        let endpoint = server.line("endpoint", endpoint)?;
        let token = server.line("token", |line| server::after(line, "token:"))?;
        let said = shell(&discover(&endpoint, &token))?;
        if !said.contains(&format!(r#""name":"{name}""#)) {
            return Err(format!("asked what it is, `guide {name}` answered: {said}").into());
        }
    }
    println!("guide: {}", names.join(", "));
    Ok(())
}

/// Asks a server what it is.
fn discover(url: &str, token: &str) -> String {
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{{"_meta":{META}}}}}"#
    );
    format!(
        "curl -s {url} -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' \
         -H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' \
         -H 'Mcp-Method: server/discover' -d '{body}'"
    )
}

fn quickstart() -> Result {
    let quickstart = Quickstart::start()?;

    let answer = shell(&quickstart.curl)?;
    if !answer.contains("\"result\"") || answer.contains("\"isError\":true") {
        return Err(format!("the printed curl line answered: {answer}").into());
    }
    println!("with the token: {}", answer.trim());

    let anonymous = without_token(&quickstart.curl).ok_or("the curl line sends no token")?;
    let refused = shell(&format!("{anonymous} --include"))?;
    let (head, _) = refused.split_once("\r\n\r\n").unwrap_or((&refused, ""));
    let status = head.split(' ').nth(1);
    let challenge = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("www-authenticate").then_some(value.trim())
    });
    match (status, challenge) {
        (Some("401"), Some(challenge)) if challenge.starts_with("Bearer ") => {
            println!("without it: 401, {challenge}");
            Ok(())
        }
        _ => Err(format!("without a token the server answered: {refused}").into()),
    }
}

fn shell(line: &str) -> Result<String> {
    let line = format!("{line} --max-time 10 --show-error");
    output(program("sh", "-c").arg(line))
}

/// The curl line without its `-H 'Authorization: ..'`.
fn without_token(curl: &str) -> Option<String> {
    let at = curl.find("-H 'Authorization:").or_else(|| curl.find("-H \"Authorization:"))?;
    let (before, field) = curl.split_at_checked(at)?;
    let mark = field.chars().nth(3)?;
    let (_, after) = field.get(4..)?.split_once(mark)?;
    Some(format!("{before}{after}"))
}

#[cfg(test)]
mod tests {
    use super::without_token;

    #[test]
    fn the_token_is_taken_out_of_the_line() {
        let line = "curl -s http://a/mcp -H 'Authorization: Bearer x' -H 'Mcp-Method: m' -d '{}'";
        let expected = "curl -s http://a/mcp  -H 'Mcp-Method: m' -d '{}'";
        assert_eq!(without_token(line).as_deref(), Some(expected));
        assert_eq!(without_token("curl http://a/mcp"), None);
    }
}
