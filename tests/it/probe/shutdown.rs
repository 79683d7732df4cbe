//! Being told to stop.

use super::{Hello, expect_greeting, hello};
use crate::support::client::{Ask, Connection, within};

#[tokio::test]
async fn told_to_stop_it_is_no_longer_ready_and_ends_well() {
    let mut server = Hello::start().await;
    expect_greeting(&server.send(&hello().bearer(&server.token())).await, "ada");
    // One connection that has been used and idles, and one that never said a word.
    let mut idle = Connection::open(server.program.addr).await;
    idle.write(&hello().bearer(&server.token()).bytes(server.program.addr)).await;
    expect_greeting(&idle.reply("POST").await, "ada");
    let _silent = Connection::open(server.program.addr).await;

    server.program.terminate().await;
    assert_eq!(server.program.ended().await.code(), Some(0));
    assert!(idle.is_closed().await);
    assert!(tokio::net::TcpStream::connect(server.program.addr).await.is_err());
    let log = server.program.whole_log().await;
    assert!(log.iter().any(|line| line.contains("stopping")), "{log:#?}");
    assert!(!log.iter().any(|line| line.contains("panicked")), "{log:#?}");
}

#[tokio::test]
async fn from_the_moment_it_was_told_nobody_is_sent_there() {
    let mut server = Hello::start().await;
    let addr = server.program.addr;
    server.program.terminate().await;
    // Until it has ended: 200 before the signal arrived, then 503, then no connection.
    within("the end of the program", async {
        let (mut told, ready) = (false, Ask::get("/ready"));
        while !server.program.has_ended() {
            let Some(reply) = ready.try_send(addr).await else { break };
            assert!(!told || reply.status == 503, "ready again");
            told |= reply.status == 503;
        }
    })
    .await;
    assert_eq!(server.program.ended().await.code(), Some(0));
}
