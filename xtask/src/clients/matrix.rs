//! The clients, how each is run, and what is found in each row.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::stage::Stage;
use super::{install, script};
use crate::Result;
use crate::command::program;

/// What is checked of every client: the columns of one table each.
pub(super) const TABLES: &[&[&str]] = &[
    // Who may call a tool.
    &[
        "connect",
        "list",
        "call",
        "bad args",
        "progress",
        "close",
        "no token",
        "wrong token",
        "login",
    ],
    // What else a server can have, and can ask its client.
    &[
        "logging",
        "elicit",
        "sample",
        "resources",
        "updates",
        "complete",
        "prompts",
        "cancel",
        "resume",
    ],
];

/// The columns of all tables.
pub(super) fn checks() -> impl Iterator<Item = &'static str> {
    TABLES.iter().flat_map(|columns| columns.iter().copied())
}

/// How long all checks of one row may take.
const PATIENCE: Duration = Duration::from_secs(90);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    Http,
    Stdio,
}

impl Over {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Stdio => "stdio",
        }
    }
}

/// Whether a connection begins with a handshake, and so what revision comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Era {
    Modern,
    Legacy,
}

impl Era {
    pub(super) fn revision(self) -> &'static str {
        match self {
            Self::Modern => "2026-07-28",
            Self::Legacy => "2025-11-25",
        }
    }
}

/// A client program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) name: &'static str,
    /// The package that is pinned.
    pub(super) package: &'static str,
    script: &'static str,
    /// What it calls its ways to connect, and the era that each must end in.
    modes: &'static [(&'static str, Era)],
}

const MODERN: &str = "2026-07-28";

const CLIENTS: &[Client] = &[
    Client {
        name: "typescript sdk v1",
        package: "@modelcontextprotocol/sdk",
        script: "sdk1.mjs",
        modes: &[("legacy", Era::Legacy)],
    },
    Client {
        name: "typescript sdk v2",
        package: "@modelcontextprotocol/client",
        script: "sdk2.mjs",
        modes: &[("auto", Era::Modern), (MODERN, Era::Modern), ("legacy", Era::Legacy)],
    },
    Client {
        name: "python sdk",
        package: "mcp",
        script: "sdk.py",
        modes: &[("auto", Era::Modern), (MODERN, Era::Modern), ("legacy", Era::Legacy)],
    },
    Client {
        name: "inspector",
        package: "@modelcontextprotocol/inspector",
        script: "inspector.mjs",
        modes: &[("auto", Era::Modern), ("modern", Era::Modern), ("legacy", Era::Legacy)],
    },
];

/// A client in one of its modes over one transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) client: &'static Client,
    pub(super) mode: &'static str,
    pub(super) over: Over,
    pub(super) era: Era,
}

impl Row {
    pub(super) fn kind(&self) -> (Over, Era) {
        (self.over, self.era)
    }

    fn command(&self) -> Command {
        let script = self.client.script;
        let interpreter = if script.ends_with(".py") { install::PYTHON } else { "node" };
        let mut command = program(interpreter, script);
        // What is compiled on the way would lie about among the scripts.
        command.current_dir("tests/clients").env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }
}

/// Every client in every mode over every transport.
pub(super) fn rows() -> Vec<Row> {
    let over = [Over::Http, Over::Stdio].into_iter();
    over.flat_map(|over| {
        CLIENTS.iter().flat_map(move |client| {
            client.modes.iter().map(move |&(mode, era)| Row { client, mode, over, era })
        })
    })
    .collect()
}

/// What was found in one cell of the table, the better before the worse.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cell {
    Pass,
    /// The client has no such thing, and why.
    Cannot(String),
    Fail(String),
}

/// The cells of a row by the name of the check.
pub(super) type Cells = BTreeMap<&'static str, Cell>;

/// Runs the rows one after the other against one server.
pub(super) fn run(rows: &[Row]) -> Result<Vec<Cells>> {
    let stage = Stage::start("clients", "calc:add")?;
    let _server = stage.server()?;
    rows.iter()
        .map(|row| {
            println!("\n{} {} over {}", row.client.name, row.mode, row.over.name());
            let mut scene = stage.scene();
            scene.insert("mode".into(), row.mode.into());
            scene.insert("transport".into(), row.over.name().into());
            scene.insert("revision".into(), row.era.revision().into());
            let mut command = row.command();
            command.env("SCENE", Value::Object(scene).to_string());
            let said = script::run(&mut command, PATIENCE)?;
            Ok(cells(&said, checks()))
        })
        .collect()
}

/// What a script said of every check: the worst, if more than one thing. Of what it did not speak, it
/// did not hold.
pub(super) fn cells(said: &script::Said, checks: impl Iterator<Item = &'static str>) -> Cells {
    let told = |check| {
        let found = said.lines.iter().filter_map(|line| cell(line, check)).max();
        let silent = || Cell::Fail(format!("not told; the script {}", said.end));
        (check, found.unwrap_or_else(silent))
    };
    checks.map(told).collect()
}

fn cell(line: &str, check: &str) -> Option<Cell> {
    let (verdict, rest) = line.split_once(' ')?;
    let (found, text) = rest.split_once(": ")?;
    match verdict {
        _ if found != check => None,
        "PASS" => Some(Cell::Pass),
        "FAIL" => Some(Cell::Fail(text.to_owned())),
        "CANNOT" => Some(Cell::Cannot(text.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Cell, Era, cells, checks, rows, script::Said};

    #[test]
    fn what_is_not_told_has_failed() {
        let lines = ["PASS list: a", "FAIL call: why: so", "PASS call: 5", "CANNOT login: none"];
        let lines = lines.map(str::to_owned).to_vec();
        let found = cells(&Said { lines, end: "was ended".into() }, checks());
        assert_eq!(found.len(), checks().count());
        assert_eq!(found["list"], Cell::Pass);
        assert_eq!(found["call"], Cell::Fail("why: so".into()));
        assert_eq!(found["login"], Cell::Cannot("none".into()));
        assert_eq!(found["progress"], Cell::Fail("not told; the script was ended".into()));
    }

    #[test]
    fn both_transports_have_the_same_rows() {
        let all = rows();
        let (http, stdio) = all.split_at(all.len() / 2);
        assert_eq!(http.len(), 10);
        assert!(http.iter().zip(stdio).all(|(one, other)| one.mode == other.mode));
        assert_eq!(http.iter().filter(|row| row.era == Era::Modern).count(), 6);
    }
}
