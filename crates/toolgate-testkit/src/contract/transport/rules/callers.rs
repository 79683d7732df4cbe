//! Who asks: named rightly, judged every time, and not served unless known.

use futures::future::join;
use toolgate_core::protocol::code;

use super::{
    super::{
        super::within,
        Dial, Event,
        door::{ANN, BOB, INNER, SLOW as LATECOMER},
        probe::Act,
        stage::{Stage, Step, ask, error, who},
    },
    AGAIN, CALLER, Found, Of, REFUSED, SLOW, UNSURE,
};

/// Two connections that are open at the same time have their own callers.
pub(super) async fn named<D: Dial>(stage: &Stage<D>) -> Found {
    let mut ann = stage.connect(&ANN).await.of(CALLER)?;
    let mut bob = stage.connect(&BOB).await.of(CALLER)?;
    for tag in 1..=2 {
        who(&mut bob, &BOB, tag).await.of(CALLER)?;
        who(&mut ann, &ANN, tag).await.of(CALLER)?;
    }
    Ok(())
}

pub(super) async fn refused<D: Dial>(stage: &Stage<D>, token: Option<&str>) -> Found {
    let what = token.unwrap_or("no credentials");
    turned_away(stage, token).await.map_err(|found| format!("{what}: {found}")).of(REFUSED)
}

async fn turned_away<D: Dial>(stage: &Stage<D>, token: Option<&str>) -> Step {
    let heard = stage.ask(token, Act::Who { tag: 1 }).await?;
    reached(stage, 0)?;
    is_refusal(heard)?;
    stage.serves(&ANN).await.map_err(|found| format!("afterwards: {found}"))
}

/// Neither a pass nor words of ours on the wire, whatever the code, and the server lives.
pub(super) async fn undecided<D: Dial>(stage: &Stage<D>, token: &str) -> Found {
    let judged = async {
        let heard = stage.ask(Some(token), Act::Who { tag: 1 }).await?;
        reached(stage, 0)?;
        let error = error(heard)?;
        let data = error.data().map(|data| String::from_utf8_lossy(data.as_bytes()));
        if error.message().contains(INNER) || data.is_some_and(|data| data.contains(INNER)) {
            return Err("the peer reads what is for the log".to_owned());
        }
        stage.serves(&ANN).await.map_err(|found| format!("afterwards: {found}"))
    };
    judged.await.map_err(|found| format!("{token}: {found}")).of(UNSURE)
}

/// A token that is revoked between two requests on one connection.
pub(super) async fn again<D: Dial>(stage: &Stage<D>) -> Found {
    let mut client = stage.connect(&ANN).await.of(AGAIN)?;
    who(&mut client, &ANN, 1).await.of(AGAIN)?;
    stage.door.revoke_ann();
    let second = async {
        let heard = ask(&mut client, Act::Who { tag: 2 }).await?;
        reached(stage, 1)?;
        is_refusal(heard)
    };
    second.await.map_err(|found| format!("once its token was revoked: {found}")).of(AGAIN)
}

pub(super) async fn slow<D: Dial>(stage: &Stage<D>) -> Found {
    let slow = stage.serves(&LATECOMER);
    let others = async {
        within("a caller whom judging takes long", stage.door.slow_waits()).await?;
        let served = stage.serves(&BOB).await;
        let reached = reached(stage, 1);
        stage.door.let_slow_go();
        served.map_err(|found| format!("meanwhile: {found}")).and(reached)
    };
    let (slow, others) = join(slow, others).await;
    others.of(SLOW)?;
    slow.of(SLOW)
}

fn is_refusal(heard: Event) -> Step {
    let error = error(heard)?;
    if error.code() == code::REFUSED {
        return Ok(());
    }
    Err(format!("in place of a refusal: {error}"))
}

fn reached<D: Dial>(stage: &Stage<D>, expected: usize) -> Step {
    match stage.seen.reached() {
        reached if reached == expected => Ok(()),
        reached => Err(format!("{reached} requests reached the service, not {expected}")),
    }
}
