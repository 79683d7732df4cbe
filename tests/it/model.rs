//! Who may do what in sessions of the old era, in any order of events: a real server in memory
//! against a model of a page.
//!
//! Every step is judged by both. What the model forbids and the server allows is a hole; the other
//! way round it is a client locked out. `PROPTEST_CASES` asks for more sequences than the usual 256.

mod client;
mod outcome;
mod server;
mod step;
mod world;

use proptest::{
    collection::vec,
    test_runner::{Config, TestCaseError},
};
use tokio::runtime::Builder;

use self::{client::Client, server::Site, step::Step, world::World};

/// The most steps of a sequence.
const STEPS: usize = 60;

proptest::proptest! {
    // A trace says all there is to a failure, so there is nothing to keep in a file.
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]
    #[test]
    fn the_server_allows_what_the_model_allows_and_nothing_else(
        steps in vec(step::any(), 1..=STEPS),
    ) {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a runtime").block_on(agree(&steps))?;
    }
}

/// Takes all steps, up to the first about which model and server differ.
async fn agree(steps: &[Step]) -> Result<(), TestCaseError> {
    let (mut world, mut client, mut site) = (World::default(), Client::default(), Site::start());
    let mut trace = String::new();
    for step in steps {
        let asked = client.ask(step, world.now());
        let expected = world.take(step, &asked);
        let found = site.take(step, &asked).await;
        trace += &format!("{:>5} s  {step}: {expected:?}\n", world.now());
        if expected != found {
            return Err(TestCaseError::fail(format!("\n{trace}but the server: {found:?}\n")));
        }
        client.learn(step, found.is_begun());
    }
    Ok(())
}
