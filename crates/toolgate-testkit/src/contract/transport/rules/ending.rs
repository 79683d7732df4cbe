//! How calls end before their time: given up by their client, or with the server.

use futures::future::join;
use tokio::time::{sleep, timeout};
use toolgate_core::Ending;

use super::{
    super::{
        super::within,
        Dial, Event,
        door::{ANN, BOB},
        probe::{Act, Inside},
        stage::{Hanging, Stage, all, reply, serves, told as heard_as},
    },
    DRAINED, DROPPED, Found, OVER, Of, QUIET, TOLD,
};

/// A client gives its call up, before or amid what is sent. Another's goes on.
pub(super) async fn dropped<D: Dial>(stage: &Stage<D>, inside: Inside, notes: bool) -> Found {
    let run = async {
        let neighbour = stage.hang(&BOB, Act::Hang { inside: Inside::End }).await?;
        let given_up = stage.hang(&ANN, Act::Hang { inside }).await?;
        let Hanging { mut exchange, held, client, .. } = given_up;
        if notes && inside == Inside::Noted {
            let heard = within("a note", exchange.next()).await?;
            if !matches!(heard, Event::Note(_)) {
                return Err(format!("in place of a note: {}", heard_as(&heard)));
            }
        }
        drop(exchange);
        // The sender is never used, so this is the end of the call.
        let _ = within("that the service's call is dropped", held.dropped).await?;
        drop(client);
        neighbour.finishes().await.map(drop)
    };
    run.await.map_err(|found| format!("{inside:?}: {found}")).of(DROPPED)
}

/// One who listens for as long as there is something to hear.
pub(super) async fn told<D: Dial>(stage: &Stage<D>) -> Found {
    let mut long = stage.hang(&ANN, Act::LastWord).await.of(TOLD)?;
    stage.trigger.request();
    let (_, last) = all(&mut *long.exchange).await.of(TOLD)?;
    let last = reply(last).of(TOLD)?;
    let expected = format!("{:?}", Ending::Shutdown);
    match last.get("ending").and_then(|ending| ending.as_str()) {
        Some(ending) if ending == expected => Ok(()),
        ending => Err(format!("in place of {expected}: {ending:?}")).of(TOLD),
    }
}

/// Calls that run when the server is told to stop; clients that do nothing then; and any later.
pub(super) async fn drained<D: Dial>(stage: &Stage<D>) -> Found {
    let mut idle = stage.connect(&BOB).await.of(DRAINED)?;
    serves(&mut idle).await.of(DRAINED)?;
    let admitted = stage.hang(&ANN, Act::Hang { inside: Inside::End }).await.of(DRAINED)?;
    let asking = stage.hang(&BOB, Act::Hang { inside: Inside::Call }).await.of(DRAINED)?;
    let long = stage.hang(&BOB, Act::LastWord).await.of(DRAINED)?;
    stage.trigger.request();
    // Once this one was told, the transport knows, and has a while to do what it should not. Where
    // nobody tells it, that is another rule's matter.
    let Hanging { mut exchange, client, .. } = long;
    let _ = join(timeout(QUIET, all(&mut *exchange)), sleep(QUIET)).await;
    drop((exchange, client));
    if !stage.is_serving().await {
        return Err("serving ended before the calls".to_owned()).of(DRAINED);
    }
    let (mut client, _) = admitted.finishes().await.of(DRAINED)?;
    asking.finishes().await.of(DRAINED)?;
    stage.end().await.of(DRAINED)?;
    let reached = stage.seen.reached();
    for served in [serves(&mut idle).await, serves(&mut client).await] {
        if served.is_ok() {
            return Err("on a connection from before".to_owned()).of(OVER);
        }
    }
    if stage.serves(&ANN).await.is_ok() || stage.seen.reached() > reached {
        return Err("on a new connection".to_owned()).of(OVER);
    }
    Ok(())
}
