//! What a tool can say before it answers, and what becomes of it when nobody waits any more:
//! progress, log messages, cancellation.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use tokio::{select, time::sleep};
use toolgate::{core::context::Step, prelude::*, protocol::LogLevel};

/// Pages that were begun and not finished.
#[derive(Default)]
pub(crate) struct Drafts(AtomicU32);

/// Takes its draft away when it is dropped.
struct Draft<'a>(&'a Drafts);

impl<'a> Draft<'a> {
    fn begin(drafts: &'a Drafts) -> Self {
        drafts.0.fetch_add(1, Ordering::Relaxed);
        Self(drafts)
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Copy a book, page by page.
#[derive(Tool)]
struct Copy {
    pages: u32,
}

impl Run<Drafts> for Copy {
    type Output = String;

    async fn run(self, drafts: &Drafts, cx: &Context) -> Result<String> {
        // A call that is cancelled is dropped where it waits, so what must happen stands in `Drop`.
        let _draft = Draft::begin(drafts);
        for page in 1..=self.pages {
            // Both go to clients that asked for them, and cost nothing otherwise.
            cx.progress(Step::new(page.into()).of(self.pages.into()).saying("copying")).await?;
            cx.log(LogLevel::Debug, &format!("page {page}")).await?;
            select! {
                () = sleep(Duration::from_millis(20)) => {}
                // The server shuts down or the token expires: the last chance to say something.
                _ = cx.ending() => return Ok(format!("copied {page} of {} pages", self.pages)),
            }
        }
        Ok(format!("copied all {} pages", self.pages))
    }
}

pub(crate) fn server() -> Server<Drafts> {
    let drafts = ToolSpec::new("drafts").description("How many drafts there are.").read_only(true);
    Server::new("context", "1.0.0")
        .state(Drafts::default())
        .tool::<Copy>()
        .tool_fn(drafts, |Nothing {}, cx: Context| async move {
            Ok(cx.state::<Drafts>()?.0.load(Ordering::Relaxed))
        })
}

/// No arguments.
#[derive(Arguments)]
struct Nothing {}
