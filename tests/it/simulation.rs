//! Thousands of small worlds, each from a number: clients of all eras and transports against the real
//! service, with connections that break or stall, servers that are replaced and stores that are lost.
//!
//! Time is tokio's, paused: it moves only when nobody has anything left to do, so a step is over when
//! all that it caused has happened. Connections are pipes in memory. Which of the things that are
//! ready at one moment comes first is tokio's choice; a seed decides everything else.
//!
//! It has found one fault of its own: a change that was being stored when its reader went away was lost.
//! And it finds these, each put in on purpose: what was missed is replayed while an earlier reader still
//! reads; an earlier reader keeps a stream that another was given; a line is found by its id alone.
//!
//! `SIMULATION_SEED=<number>` runs one world alone and tells its steps; `SIMULATION_SEEDS=<count>`
//! runs so many.

mod call;
mod chance;
mod ends;
mod lines;
mod node;
mod pipe;
mod session;
mod told;
mod watch;
mod world;

use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    time::Duration,
};

use tokio::{runtime::Builder, time::sleep};

use world::World;

/// Names the one world to run, and has it tell its steps.
const SEED: &str = "SIMULATION_SEED";
/// How many worlds each of the tests below runs.
const SEEDS: u64 = 1000;

/// Runs one world to its end. What it did, step by step.
fn run(seed: u64) -> Vec<String> {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let ran = catch_unwind(AssertUnwindSafe(|| {
        let (bus, trace) = runtime.block_on(async {
            let mut world = World::new(seed);
            world.run().await;
            (world.kept.bus.clone(), world.trace)
        });
        runtime.block_on(async { sleep(Duration::from_secs(120)).await });
        assert_eq!(bus.subscribers.is(), 0, "the bus has subscribers");
        assert_eq!(runtime.metrics().num_alive_tasks(), 0, "tasks are left");
        trace
    }));
    ran.unwrap_or_else(|panic| {
        eprintln!("seed {seed}; again alone: SIMULATION_SEED={seed}");
        resume_unwind(panic)
    })
}

fn run_all(first: u64) {
    let number = |name| env::var(name).ok().and_then(|text: String| text.parse().ok());
    if let Some(seed) = number(SEED) {
        run(seed);
        return;
    }
    let count: u64 = number("SIMULATION_SEEDS").unwrap_or(SEEDS);
    (first * count..(first + 1) * count).for_each(|seed| drop(run(seed)));
}

// Two, so that both cores of a small machine are used.

#[test]
fn no_promise_is_broken() {
    run_all(0);
}

#[test]
fn nor_in_other_worlds() {
    run_all(1);
}

#[test]
fn a_number_is_a_world() {
    for seed in 0..10 {
        assert_eq!(run(seed), run(seed), "seed {seed}");
    }
}
