//! What the log tells of refusals, and what it must not.

use std::{io, sync::LazyLock};

use tracing::Dispatch;
use tracing_subscriber::fmt::{MakeWriter, format::FmtSpan};

use super::*;
use crate::http::Cors;

/// What was written, as text.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Written {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Writes events, and spans with what they have recorded when they close.
fn subscriber(into: Written) -> Dispatch {
    let plain = tracing_subscriber::fmt().without_time().with_ansi(false);
    Dispatch::new(plain.with_span_events(FmtSpan::CLOSE).with_writer(into).finish())
}

/// While there is but one subscriber, a call site that a thread without it reaches first counts as
/// switched off for all. Two that nobody writes to see to it that there is never just one.
static NEVER_ALONE: LazyLock<[Dispatch; 2]> =
    LazyLock::new(|| [(); 2].map(|()| subscriber(Written::default())));

/// The answer to one request, and the lines that it leaves in the log.
pub(super) async fn told(
    service: &McpService,
    request: HttpRequest<Full<Bytes>>,
) -> (Got, Vec<String>) {
    LazyLock::force(&NEVER_ALONE);
    let written = Written::default();
    let guard = tracing::dispatcher::set_default(&subscriber(written.clone()));
    let got = ask(service, request).await;
    drop(guard);
    let text = written.0.lock().unwrap();
    (got, String::from_utf8_lossy(&text).lines().map(str::to_owned).collect())
}

async fn logged(service: &McpService, request: HttpRequest<Full<Bytes>>) -> Vec<String> {
    told(service, request).await.1
}

#[tokio::test]
async fn a_refusal_is_one_line_with_its_remedy_and_nothing_of_the_peers() {
    let cors = Cors::origins(["https://app.example"]);
    let service = mounted(echo()).auth(Tokens::default()).cors(cors).build().unwrap();
    type Change = fn(&mut HttpRequest<Full<Bytes>>);
    let set = |request: &mut HttpRequest<Full<Bytes>>, name: &'static str, value: &str| {
        request.headers_mut().insert(name, value.parse().unwrap());
    };
    let rows: &[(&str, &str, &str, Change)] = &[
        ("host", "SECRET.example", "TOOLGATE_HOSTS", |_| ()),
        ("origin", "https://SECRET.example", "TOOLGATE_CORS_ORIGINS", |_| ()),
        ("authorization", "Basic SECRET", "the token expired", |_| ()),
        ("x-more", "SECRET", "authentication is required", |_| ()),
        ("x-more", "SECRET", "method=\"other\"", |it| *it.method_mut() = "SECRET".parse().unwrap()),
        ("authorization", "Bearer broken", "s3cr3t database", |_| ()),
    ];
    for (name, value, part, change) in rows {
        let mut request = list();
        *request.uri_mut() = "/mcp?access_token=SECRET".parse().unwrap();
        set(&mut request, name, value);
        change(&mut request);
        let lines = logged(&service, request).await;
        let told: Vec<_> = lines.iter().filter(|line| !line.contains(": close")).collect();
        assert_eq!(told.len(), 1, "{lines:?}");
        let line = told[0];
        assert!(line.contains("refused") && line.contains("status=4") | line.contains("status=5"));
        assert!(line.contains(part), "{part}: {line}");
        assert!(!lines.concat().contains("SECRET"), "{lines:?}");
    }
}

#[tokio::test]
async fn spans_name_known_methods_alone() {
    let service = built(echo());
    let call = |method: &str| {
        let body = message(method, json!({ "name": "SECRET" })).to_string();
        post(method).body(full(body)).unwrap()
    };
    for (method, name) in [("tools/list", "tools/list"), ("x/SECRET", "other")] {
        let lines = logged(&service, call(method)).await;
        assert_eq!(lines.len(), 1);
        assert!(lines[0].contains(&format!("request{{method=\"{name}\"}}")), "{lines:?}");
        assert!(!lines[0].contains("SECRET"));
    }
}
