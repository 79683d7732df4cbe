//! Layers: the time of every request; what a tool answered, kept for its caller; no mail addresses.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use toolgate::{Answer, Inner, Key, Passed, Passing, Work, prelude::*};

/// Find somebody in the directory.
#[derive(Tool)]
#[tool(read_only)]
struct Find {
    name: String,
}

impl Run<AtomicU32> for Find {
    type Output = String;

    async fn run(self, look_ups: &AtomicU32, _: &Context) -> Result<String> {
        let count = look_ups.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(format!("{0}, {0}@example.com, found by look-up {count}", self.name))
    }
}

/// Around every request: sees it and may refuse it, but cannot answer it.
async fn timed(passing: Passing) -> Passed {
    let (method, begun) = (passing.request().method.clone(), Instant::now());
    let passed = passing.next().await;
    eprintln!("{method} took {:?}, {}", begun.elapsed(), passed.outcome().is_ok());
    passed
}

/// Around the work of an item: may change what it answered.
async fn redacted(work: Work) -> Result<Answer> {
    let mut answer = work.next().await?;
    answer.edit_texts(|text| {
        let words = text.split(' ').map(|word| match word.strip_suffix(',').unwrap_or(word) {
            it if it.contains('@') => word.replace(it, "[address]"),
            _ => word.to_owned(),
        });
        *text = words.collect::<Vec<_>>().join(" ");
    })?;
    Ok(answer)
}

/// Answers in the place of tools that only read. By owner: what one caller is told is for that one.
#[derive(Default)]
struct Kept(Mutex<HashMap<Asked, (Instant, Answer)>>);

type Asked = (Option<Key>, String, Vec<u8>);

impl Inner for Kept {
    async fn around(&self, work: Work) -> Result<Answer> {
        if work.item().name != "find" {
            return work.next().await;
        }
        let owner = work.cx().caller().identity().map(|identity| identity.key.clone());
        let key = (owner, work.item().name.to_owned(), work.arguments().as_bytes().to_vec());
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, answer)) = kept().get(&key)
            && at.elapsed() < Duration::from_secs(60)
        {
            return Ok(answer.clone());
        }
        let answer = work.next().await?;
        let mut kept = kept();
        if kept.len() >= 1000 {
            kept.clear();
        }
        kept.insert(key, (Instant::now(), answer.clone()));
        Ok(answer)
    }
}

pub(crate) fn server() -> Server<AtomicU32> {
    let server = Server::new("middleware", "1.0.0").state(AtomicU32::new(0)).tool::<Find>();
    // The first layer of a kind is outermost: what is kept is redacted already.
    server.outer(timed).inner(Kept::default()).inner(redacted)
}
