//! The server that clients of others are held against: something of every kind that a server can
//! have, for callers with the scope `calc:add`.
//!
//! Reads what `examples/hello_auth.rs` reads.

use std::{collections::HashSet, future::pending, sync::Mutex, time::Duration};

use tokio::sync::watch;
use toolgate::{auth::JwtAuth, core::Out, prelude::*, protocol::LogLevel};

/// Of which the reader of an update is told.
const NOTE: &str = "note://today";

/// What the tools share.
#[derive(Default)]
struct Shared {
    note: Mutex<String>,
    /// Calls of `wait` that have ended, by their names.
    ended: watch::Sender<HashSet<String>>,
}

/// Add two numbers.
#[derive(Tool)]
#[tool(read_only, scopes("calc:add"))]
struct Add {
    a: i64,
    b: i64,
}

impl Run<Shared> for Add {
    type Output = i64;

    async fn run(self, _: &Shared, _: &Context) -> Result<i64> {
        self.a.checked_add(self.b).ok_or_else(|| ToolError::shown("the sum is too large"))
    }
}

/// Count, reporting each step.
#[derive(Tool)]
struct Count {
    /// How far.
    to: u8,
}

impl Run<Shared> for Count {
    type Output = String;

    async fn run(self, _: &Shared, cx: &Context) -> Result<String> {
        for step in 1..=self.to {
            cx.progress(f64::from(step)).await?;
        }
        Ok(format!("{} counted to {}", cx.identity()?.key.subject, self.to))
    }
}

/// Log once at each of three levels.
#[derive(Tool)]
#[tool(name = "log", read_only)]
struct Log {}

impl Run<Shared> for Log {
    type Output = &'static str;

    async fn run(self, _: &Shared, cx: &Context) -> Result<&'static str> {
        for level in [LogLevel::Debug, LogLevel::Warning, LogLevel::Error] {
            cx.log(level, "as you asked").await?;
        }
        Ok("logged")
    }
}

/// Ask the person for a name.
#[derive(Tool)]
#[tool(name = "ask_person")]
struct AskPerson {}

#[derive(Arguments)]
struct Login {
    name: String,
}

impl Run<Shared> for AskPerson {
    type Output = String;

    async fn run(self, _: &Shared, cx: &Context) -> Result<String> {
        Ok(match cx.elicit::<Login>("login", "Who are you?").await? {
            Elicited::Accepted(Login { name }) => format!("Hello, {name}!"),
            Elicited::Declined => "Hello, whoever you are!".into(),
            Elicited::Cancelled => "Nobody is there.".into(),
        })
    }
}

/// Ask the model for a capital.
#[derive(Tool)]
#[tool(name = "ask_model")]
struct AskModel {}

impl Run<Shared> for AskModel {
    type Output = String;

    async fn run(self, _: &Shared, cx: &Context) -> Result<String> {
        let question = Sampling::new(100).user("What is the capital of France?");
        Ok(cx.sample("capital", question).await?.text())
    }
}

/// Wait until the call is cancelled, having reported one step.
#[derive(Tool)]
struct Wait {
    /// What `waited` is to be asked for.
    name: String,
}

impl Run<Shared> for Wait {
    type Output = &'static str;

    async fn run(self, shared: &Shared, cx: &Context) -> Result<&'static str> {
        let _told = Told { shared, name: self.name };
        cx.progress(1.0).await?;
        pending().await
    }
}

/// Tells on being dropped that a call has ended.
struct Told<'a> {
    shared: &'a Shared,
    name: String,
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        self.shared.ended.send_if_modified(|ended| ended.insert(self.name.clone()));
    }
}

/// Wait until a call of `wait` has ended.
#[derive(Tool)]
#[tool(read_only, timeout = "10s")]
struct Waited {
    name: String,
}

impl Run<Shared> for Waited {
    type Output = &'static str;

    async fn run(self, shared: &Shared, _: &Context) -> Result<&'static str> {
        let mut ended = shared.ended.subscribe();
        let _ = ended.wait_for(|ended| ended.contains(&self.name)).await;
        Ok("ended")
    }
}

/// Close the connection, and answer whoever comes back for it.
#[derive(Tool)]
#[tool(name = "let_go")]
struct LetGo {}

impl Run<Shared> for LetGo {
    type Output = &'static str;

    async fn run(self, _: &Shared, cx: &Context) -> Result<&'static str> {
        cx.send_out(Out::ReleaseConnection(Duration::from_millis(10))).await?;
        Ok("welcome back")
    }
}

/// What was written last.
#[derive(Resource)]
#[resource(uri = "note://today", name = "note", mime_type = "text/plain")]
struct Note;

impl Read<Shared> for Note {
    type Output = String;

    async fn read(self, shared: &Shared, _: &Context) -> Result<String> {
        let note = shared.note.lock().map_err(|_| ToolError::shown("the note is lost"))?;
        Ok(note.clone())
    }
}

/// What people say when they meet.
#[derive(Resource)]
#[resource(uri = "greeting://{language}", name = "greeting", mime_type = "text/plain")]
struct Greeting {
    #[resource(complete = languages)]
    language: String,
}

impl Read<Shared> for Greeting {
    type Output = Option<&'static str>;

    async fn read(self, _: &Shared, _: &Context) -> Result<Option<&'static str>> {
        Ok(GREETINGS.iter().find(|(language, _)| *language == self.language).map(|it| it.1))
    }
}

const GREETINGS: &[(&str, &str)] =
    &[("finnish", "hei"), ("french", "bonjour"), ("german", "hallo")];

async fn languages(typed: Typed, _: Context) -> Result<Vec<String>> {
    Ok(typed.among(GREETINGS.iter().map(|(language, _)| language)))
}

/// Greet somebody.
#[derive(Prompt)]
#[prompt(name = "greet")]
struct Greet {
    name: String,
    #[prompt(complete = languages)]
    language: String,
}

impl Render<Shared> for Greet {
    type Output = String;

    async fn render(self, _: &Shared, _: &Context) -> Result<String> {
        Ok(format!("Greet {} in {}.", self.name, self.language))
    }
}

#[derive(Arguments)]
struct Write {
    text: String,
}

fn server() -> Server<Shared> {
    let server = Server::new("clients", "1.0.0").state(Shared::default());
    let live = server.live();
    let write = ToolSpec::new("write").description("Write the note, and tell who watches it.");
    server
        .tool::<Add>()
        .tool::<Count>()
        .tool::<Log>()
        .tool::<AskPerson>()
        .tool::<AskModel>()
        .tool::<Wait>()
        .tool::<Waited>()
        .tool::<LetGo>()
        .tool_fn(write, move |write: Write, cx: Context| {
            let live = live.clone();
            async move {
                let note = &cx.state::<Shared>()?.note;
                *note.lock().map_err(|_| ToolError::shown("the note is lost"))? = write.text;
                live.resource_updated(NOTE);
                Ok("written")
            }
        })
        .resource::<Note>()
        .resource::<Greeting>()
        .prompt::<Greet>()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let (server, auth) = (server(), JwtAuth::from_env()?);
    match std::env::args().nth(1).as_deref() {
        None => server.serve(http::listen().auth(auth)).await?,
        Some("--stdio") => server.serve(stdio::listen().auth(auth)).await?,
        Some(word) => return Err(format!("`{word}` is not known: http, or --stdio").into()),
    }
    Ok(())
}
