//! For whom the server answers: itself and its public name, and nobody else.

use super::{Hello, Refusal, expect_greeting, hello};
use crate::support::client::{Ask, Connection};

const FOREIGN: &str = "the request is for a host that this server does not answer for";

#[tokio::test]
async fn a_foreign_host_is_403_whoever_asks() {
    let mut server = Hello::start().await;
    let token = server.token();
    for host in ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "10.0.0.1"] {
        for ask in [hello().bearer(&token), hello()] {
            let reply = server.send(&ask.with("Host", host)).await;
            let id = reply.json().get("id").cloned();
            let (message, challenge) = (FOREIGN, None);
            let expected = Refusal { status: 403, message, id, challenge, logged: message };
            server.expect_refusal(&reply, &expected).await;
        }
    }
}

#[tokio::test]
async fn a_host_that_is_not_plain_is_refused() {
    let server = Hello::start().await;
    let addr = server.program.addr.to_string();
    let fine = hello().bearer(&server.token());
    for host in ["", "x@127.0.0.1", "127.0.0.1:x", "127.0.0.1/evil.example", "127.0.0.1 evil"] {
        let reply = server.send(&fine.clone().with("Host", host)).await;
        assert!([400, 403].contains(&reply.status), "{host:?}: {}", reply.status);
    }
    let reply = server.send(&fine.with("Host", &addr).adding("Host", "evil.example")).await;
    assert!([400, 403].contains(&reply.status), "two hosts: {}", reply.status);
}

#[tokio::test]
async fn a_request_without_a_host_is_refused() {
    let server = Hello::start().await;
    let mut connection = Connection::open(server.program.addr).await;
    connection.write(b"POST /mcp HTTP/1.1\r\nContent-Length: 0\r\n\r\n").await;
    let reply = connection.reply("POST").await;
    assert!([400, 403].contains(&reply.status), "{}", reply.status);
}

#[tokio::test]
async fn loopback_has_several_names() {
    let server = Hello::start().await;
    let port = server.program.addr.port();
    for host in [format!("localhost:{port}"), format!("127.0.0.1:{port}"), format!("[::1]:{port}")]
    {
        let ask = hello().bearer(&server.token()).with("Host", &host);
        expect_greeting(&server.send(&ask).await, "ada");
    }
}

#[tokio::test]
async fn the_public_host_works_without_being_listed() {
    let url = "https://mcp.example.com/mcp";
    let server = Hello::start_with(&[("TOOLGATE_PUBLIC_URL", url)]).await;
    let token = server.issuer.tokens().token("ada").scopes(["mcp:hello"]).audience(url).sign();
    let at = |host: &str| hello().with("Host", host);
    for host in ["mcp.example.com", "MCP.Example.com", "mcp.example.com:443"] {
        expect_greeting(&server.send(&at(host).bearer(&token)).await, "ada");
        let page = at(host).bearer(&token).with("Origin", "https://mcp.example.com");
        expect_greeting(&server.send(&page).await, "ada");
    }
    for host in ["mcp.example.com:8443", "example.com", "x.mcp.example.com"] {
        assert_eq!(server.send(&at(host).bearer(&token)).await.status, 403, "{host}");
    }
    let reply = server.send(&at("mcp.example.com")).await;
    let metadata = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp";
    let challenge = format!(r#"Bearer resource_metadata="{metadata}""#);
    assert_eq!(reply.field("www-authenticate"), Some(&*challenge));
}

#[tokio::test]
async fn a_host_can_be_listed() {
    let server = Hello::start_with(&[("TOOLGATE_HOSTS", "internal.example, other:81")]).await;
    let fine = hello().bearer(&server.token());
    for host in ["internal.example", "internal.example:8080", "other:81"] {
        expect_greeting(&server.send(&fine.clone().with("Host", host)).await, "ada");
    }
    assert_eq!(server.send(&fine.with("Host", "other:82")).await.status, 403);
}

#[tokio::test]
async fn probes_of_the_platform_need_neither_token_nor_name() {
    let server = Hello::start().await;
    for path in ["/health", "/ready"] {
        for host in ["10.1.2.3:8080", "evil.example", "localhost"] {
            let reply = server.send(&Ask::get(path).with("Host", host)).await;
            let fields = [
                "cache-control: no-store",
                "content-type: application/json",
                "x-content-type-options: nosniff",
            ];
            assert_eq!((reply.status, reply.told()), (200, fields.map(str::to_owned).to_vec()));
            assert_eq!(reply.text(), r#"{"status":"ok"}"#);
        }
        let reply = server.send(&Ask::new("POST", path)).await;
        assert_eq!((reply.status, reply.field("allow")), (405, Some("GET, HEAD")));
    }
}
