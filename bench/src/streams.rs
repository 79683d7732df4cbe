//! What an open stream of a session takes that has nothing to say, and whether a change reaches all.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use tokio::{runtime::Builder, sync::oneshot};
use toolgate::{core::legacy::MemorySessions, http::Limits};

use crate::{Result, legacy, ours};

/// The hidden command.
pub(crate) const COMMAND: &str = "__streams";

/// What is said, and measured, of so many.
const STREAMS: usize = 2000;

/// Serves until its input ends; tells everybody of a change for each line of it.
pub(crate) fn run() -> Result {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let server = ours::server();
    let live = server.live();
    let (tell, told) = oneshot::channel();
    let limits = Limits::default().connections(2 * STREAMS).streams(2 * STREAMS);
    let limits = limits.connections_per_address(2 * STREAMS);
    let http = ours::listener(MemorySessions::new()).limits(limits).on_listen(move |at| {
        let _ = tell.send(at.addr);
    });
    runtime.spawn(server.serve(http));
    println!("{}", runtime.block_on(told)?);
    let (lines, mut changes) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(std::io::Result::ok) {
            let _ = lines.send(line);
        }
    });
    runtime.block_on(async {
        while changes.recv().await.is_some() {
            live.remove_tool("add");
        }
    });
    Ok(())
}

/// Opens them, measures, and tells all of a change. Bytes of one of them, by what the server's
/// process has resident: session, connection and stream together.
pub(crate) fn measure() -> Result<f64> {
    let mut server = Server::start(COMMAND, "")?;
    // What the first ones bring along is not theirs.
    let mut streams = Vec::new();
    for number in 0..STREAMS / 10 {
        streams.push(open(server.addr, number)?);
    }
    let before = server.resident()?;
    for number in streams.len()..STREAMS + STREAMS / 10 {
        streams.push(open(server.addr, number)?);
    }
    let grown = server.resident()?.saturating_sub(before);
    writeln!(server.input)?;
    for stream in &mut streams {
        heard(stream)?;
    }
    println!("{} open streams: a change reached all of them", streams.len());
    #[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
    Ok(grown as f64 / STREAMS as f64)
}

/// A process of this program that serves, and that ends when it is dropped.
pub(crate) struct Server {
    child: Child,
    input: ChildStdin,
    pub(crate) addr: SocketAddr,
}

impl Server {
    /// Starts a hidden command, tells it something, and waits until it says where it serves.
    pub(crate) fn start(command: &str, told: &str) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut input = child.stdin.take().ok_or("no way to tell it anything")?;
        input.write_all(told.as_bytes())?;
        let mut line = String::new();
        let output: ChildStdout = child.stdout.take().ok_or("no way to hear of it")?;
        BufReader::new(output).read_line(&mut line)?;
        Ok(Self { child, input, addr: line.trim().parse()? })
    }

    /// Bytes that its process has resident.
    pub(crate) fn resident(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: u64 =
            line.and_then(|it| it.split_whitespace().next()).ok_or("no size")?.parse()?;
        Ok(kib * 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A session of somebody new, and its stream.
fn open(addr: SocketAddr, number: usize) -> Result<TcpStream> {
    let name = format!("01f54d9c-4a7e-4d58-9a43-{number:012}");
    let mut connection = TcpStream::connect(addr)?;
    connection.set_read_timeout(Some(Duration::from_secs(30)))?;
    let begun = legacy::BEGUN;
    let common = format!("Host: {addr}\r\nAuthorization: Bearer {name}\r\n");
    write!(
        connection,
        "POST /mcp HTTP/1.1\r\n{common}Accept: application/json, text/event-stream\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{begun}",
        begun.len()
    )?;
    let head = read_until(&mut connection, "\"id\":0")?;
    let session = head.lines().find_map(|line| line.strip_prefix("mcp-session-id: "));
    let session = session.ok_or("no session began")?;
    // As clients do: one connection for requests, another for the stream.
    let mut stream = TcpStream::connect(addr)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    write!(
        stream,
        "GET /mcp HTTP/1.1\r\n{common}Accept: text/event-stream\r\nMcp-Session-Id: {session}\r\n\
         MCP-Protocol-Version: 2025-11-25\r\n\r\n"
    )?;
    let head = read_until(&mut stream, ": keep-alive")?;
    if head.starts_with("HTTP/1.1 200 ") { Ok(stream) } else { Err(head.into()) }
}

fn heard(stream: &mut TcpStream) -> Result {
    read_until(stream, "notifications/tools/list_changed").map(|_| ())
}

/// Reads on until a text has come.
fn read_until(connection: &mut TcpStream, text: &str) -> Result<String> {
    let (mut read, mut buffer) = (String::new(), [0; 1024]);
    while !read.contains(text) {
        let count = connection.read(&mut buffer)?;
        if count == 0 {
            return Err(format!("ended without `{text}`: {read}").into());
        }
        read += &String::from_utf8_lossy(buffer.get(..count).unwrap_or_default());
    }
    Ok(read)
}
