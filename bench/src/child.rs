//! The process that runs under callgrind: one case, again and again, on one thread.

use std::{
    hint::black_box,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, StatusCode};
use tokio::runtime::Builder;

use crate::{
    Result,
    case::{Access, Case, Side, Subject},
    issuer::Issuer,
};

/// The hidden command.
pub(crate) const COMMAND: &str = "__count";

/// Calls before counting, so that keys are fetched and buffers have their size.
const WARM_UP: u32 = 50;

/// Most calls that can be asked for. So many requests are made in any case: then two runs differ by
/// calls and by nothing else.
const MOST: usize = 500;

/// The words of the command that runs a case so often. It reads the issuer from its input.
pub(crate) fn words(side: Side, access: Access, calls: usize) -> [String; 4] {
    [COMMAND, side.name(), access.name(), &calls.to_string()].map(str::to_owned)
}

/// Runs the case that the words behind the command say.
pub(crate) fn run(words: &[&str]) -> Result {
    let [side, access, calls] = words else {
        return Err("the command takes a side, an access and a number of calls".into());
    };
    let side = Side::ALL.into_iter().find(|it| it.name() == *side).ok_or("no such side")?;
    let access = Access::ALL.into_iter().find(|it| it.name() == *access).ok_or("no such access")?;
    let calls: usize = calls.parse()?;
    let issuer: Issuer = serde_json::from_reader(std::io::stdin())?;

    let runtime = Builder::new_current_thread().enable_all().build()?;
    let _inside = runtime.enter();
    let case = runtime.block_on(Case::new(side, access, &issuer))?;
    for _ in 0..WARM_UP {
        case.verify(&runtime.block_on(case.subject.answer(case.request()?))?)?;
    }
    for at in 0..MOST {
        let request = black_box(case.request()?);
        if at >= calls {
            continue;
        }
        match measured(&*case.subject, request) {
            Poll::Ready(answer) => case.verify(&black_box(answer?))?,
            Poll::Pending => return Err("a call had to wait, so counting it means nothing".into()),
        }
    }
    Ok(())
}

/// What is counted: callgrind counts from here to the end, and nowhere else. No other function may
/// have its name, closures in it among them.
#[inline(never)]
fn measured(
    subject: &dyn Subject,
    request: Request<Full<Bytes>>,
) -> Poll<Result<(StatusCode, Bytes)>> {
    let mut answer = subject.answer(request);
    answer.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}
