//! A server whose items change, as a client of the old era is told of it over lines.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex},
    task::JoinHandle,
};
use toolgate::{Contents, Live, ResourceSpec, Server, ToolSpec, scope};
use toolgate_auth::{auth_fn, bearer};
use toolgate_core::{
    Authenticate, Credentials, Identity, IntoService, Key, Shutdown, Transport, Verdict,
};
use toolgate_transport::stdio::{self, StdioError};

use crate::support::{
    client::within,
    mcp,
    old::{self, REVISIONS},
};

const NOTE: &str = "note://a";
const SECRET: &str = "note://secret";

#[derive(serde::Deserialize, toolgate::schemars::JsonSchema)]
struct Nothing {}

fn server() -> (Server, Live) {
    let server = Server::new("changing", "1.0.0");
    let live = server.live();
    let note = ResourceSpec::new(NOTE).name("a");
    let secret = ResourceSpec::new(SECRET).name("secret").guard(scope("secrets"));
    let server = server
        .tool_fn(ToolSpec::new("still"), |_: Nothing, _| async { Ok("still") })
        .resource_fn(note, |(), _| async { Ok(Contents::text("text/plain", "a")) })
        .resource_fn(secret, |(), _| async { Ok(Contents::text("text/plain", "s3cr3t")) });
    (server, live)
}

fn by_name() -> impl Authenticate {
    auth_fn(|credentials: Credentials| async move {
        let name = bearer(&credentials)?;
        Ok::<_, Verdict>(Identity::new(Key::new("test", name.expose())))
    })
}

struct Lines {
    input: DuplexStream,
    output: BufReader<DuplexStream>,
    served: JoinHandle<Result<(), StdioError>>,
}

impl Lines {
    fn of(server: Server) -> Self {
        let (input, reader) = duplex(1 << 16);
        let (writer, output) = duplex(1 << 16);
        let credentials = Credentials::from_fields([("authorization", "Bearer ann")]);
        let lines = stdio::over(reader, writer).credentials(credentials).auth(by_name());
        let service = server.into_service().expect("a server");
        let served = tokio::spawn(lines.serve(service, Shutdown::never()));
        Self { input, output: BufReader::new(output), served }
    }

    async fn send(&mut self, message: &Value) {
        let line = format!("{message}\n");
        within("room to write", self.input.write_all(line.as_bytes())).await.expect("it reads");
    }

    async fn next(&mut self) -> Value {
        let mut line = String::new();
        within("a line", self.output.read_line(&mut line)).await.expect("UTF-8");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no message: {line:?}"))
    }

    async fn ask(&mut self, message: &Value) -> Value {
        self.send(message).await;
        self.next().await
    }
}

fn subscribe(id: i64, uri: &str) -> Value {
    old::message(id, "resources/subscribe", json!({ "uri": uri }))
}

#[tokio::test]
async fn who_began_with_a_handshake_is_told_what_changes() {
    for revision in REVISIONS {
        let (server, live) = server();
        let mut lines = Lines::of(server);
        let begun = lines.ask(&old::handshake(revision)).await;
        let can = &begun["result"]["capabilities"];
        assert_eq!(can["tools"], json!({ "listChanged": true }), "{revision}");
        assert_eq!(can["resources"], json!({ "subscribe": true, "listChanged": true }));
        live.enable_tool("still", false);
        assert_eq!(lines.ask(&old::message(1, "ping", json!({}))).await["id"], 1, "not yet");
        lines.send(&old::notification("notifications/initialized", json!({}))).await;
        assert_eq!(lines.next().await["method"], "notifications/tools/list_changed");

        assert_eq!(lines.ask(&subscribe(2, NOTE)).await["result"], json!({}));
        live.resource_updated(SECRET);
        live.resource_updated(NOTE);
        let told = lines.next().await;
        let updated = json!({
            "jsonrpc": "2.0", "method": "notifications/resources/updated",
            "params": { "uri": NOTE },
        });
        assert_eq!(told, updated);
        // As over HTTP: what she lacks is said, and what there is not.
        for (uri, code) in [(SECRET, -32000), ("note://none", -32602)] {
            assert_eq!(lines.ask(&subscribe(3, uri)).await["error"]["code"], code, "{uri}");
        }
        let unsubscribe = old::message(4, "resources/unsubscribe", json!({ "uri": NOTE }));
        assert_eq!(lines.ask(&unsubscribe).await["result"], json!({}));
        live.resource_updated(NOTE);
        live.enable_tool("still", true);
        assert_eq!(lines.next().await["method"], "notifications/tools/list_changed");
        // It ends with its input, though it listens.
        drop(lines.input);
        within("the end", lines.served).await.expect("no panic").expect("no error");
    }
}

#[tokio::test]
async fn a_modern_client_is_told_of_nothing_that_it_did_not_ask_for() {
    let (server, live) = server();
    let mut lines = Lines::of(server);
    assert_eq!(lines.ask(&mcp::message(1, "tools/list", json!({}))).await["id"], 1);
    lines.send(&old::notification("notifications/initialized", json!({}))).await;
    live.enable_tool("still", false);
    live.resource_updated(NOTE);
    assert_eq!(lines.ask(&mcp::message(2, "tools/list", json!({}))).await["id"], 2);
}
