//! Tools that say something before they answer: log messages and progress.

use std::time::Duration;

use tokio::time::sleep;
use toolgate::{
    core::{Out, context::Step},
    prelude::*,
    protocol::LogLevel,
};

/// Between two notes of one call.
const APART: Duration = Duration::from_millis(50);

pub(crate) fn add(server: Server) -> Server {
    server.tool::<Logging>().tool::<LoggingOnce>().tool::<Progress>().tool::<Reconnection>()
}

/// Log three times.
#[derive(Tool)]
#[tool(name = "test_tool_with_logging", read_only)]
struct Logging {}

impl Run for Logging {
    type Output = &'static str;

    async fn run(self, _: &(), cx: &Context) -> Result<&'static str> {
        cx.log(LogLevel::Info, "Tool execution started").await?;
        sleep(APART).await;
        cx.log(LogLevel::Info, "Tool processing data").await?;
        sleep(APART).await;
        cx.log(LogLevel::Info, "Tool execution completed").await?;
        Ok("Logged three times.")
    }
}

/// Log once, where the caller wants to hear it.
#[derive(Tool)]
#[tool(name = "test_logging_tool", read_only)]
struct LoggingOnce {}

impl Run for LoggingOnce {
    type Output = &'static str;

    async fn run(self, _: &(), cx: &Context) -> Result<&'static str> {
        cx.log(LogLevel::Info, "Called").await?;
        Ok("Logged where it was wanted.")
    }
}

/// Report progress three times.
#[derive(Tool)]
#[tool(name = "test_tool_with_progress", read_only)]
struct Progress {}

impl Run for Progress {
    type Output = &'static str;

    async fn run(self, _: &(), cx: &Context) -> Result<&'static str> {
        cx.progress(Step::new(0.0).of(100.0)).await?;
        sleep(APART).await;
        cx.progress(Step::new(50.0).of(100.0)).await?;
        sleep(APART).await;
        cx.progress(Step::new(100.0).of(100.0)).await?;
        Ok("Reported three times.")
    }
}

/// Let go of the connection, and answer to whoever comes back.
#[derive(Tool)]
#[tool(name = "test_reconnection", read_only)]
struct Reconnection {}

impl Run for Reconnection {
    type Output = &'static str;

    async fn run(self, _: &(), cx: &Context) -> Result<&'static str> {
        cx.send_out(Out::ReleaseConnection(Duration::from_millis(100))).await?;
        sleep(2 * APART).await;
        Ok("Whoever reads this has come back.")
    }
}
