//! The examples build, and do what their readers are told that they do.

use crate::Result;
use crate::command::{cargo, output, program, run};
use crate::server::{self, Server};

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
    run(&mut cargo("build --package toolgate-examples --examples"))?;
    custom_transport()?;
    stdio()?;
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
    let meta = r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;
    let params = format!(r#"{{"name":"add","arguments":{{"a":1,"b":2}},"_meta":{meta}}}"#);
    let line = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
    run(&mut cargo("build --example stdio"))?;
    let piped = format!("echo '{line}' | cargo run --quiet --example stdio");
    let said = output(program("sh", "-c").arg(piped))?;
    if !said.contains(r#""text":"3""#) {
        return Err(format!("over stdio it answered: {said}").into());
    }
    println!("over stdio: {}", said.trim());
    Ok(())
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
