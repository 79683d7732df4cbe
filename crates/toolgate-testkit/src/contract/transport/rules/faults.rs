//! What goes wrong in a call: told to its client, and to nobody else's harm.

use toolgate_core::{Error, protocol::code};

use super::{
    super::{
        super::within,
        Dial,
        door::{ANN, BOB},
        probe::{Act, INNER, Inside, OWN_CODE, OWN_MESSAGE},
        stage::{Stage, Step, ask, error, serves},
    },
    DENIED, ERRORS, Found, GARBAGE, Of, PANIC,
};

pub(super) async fn errors<D: Dial>(stage: &Stage<D>) -> Found {
    let mut client = stage.connect(&ANN).await.of(ERRORS)?;
    let failed = error(ask(&mut client, Act::Fail).await.of(ERRORS)?).of(ERRORS)?;
    let data = failed.data().map(|data| data.as_bytes().to_vec());
    if (failed.code(), failed.message(), data.as_deref())
        != (OWN_CODE, OWN_MESSAGE, Some(br#"["a","b"]"#.as_slice()))
    {
        return Err(format!("in place of {OWN_MESSAGE} ({OWN_CODE}): {failed}")).of(ERRORS);
    }
    serves(&mut client).await.map_err(|found| format!("afterwards: {found}")).of(ERRORS)
}

pub(super) async fn denied<D: Dial>(stage: &Stage<D>) -> Found {
    let mut client = stage.connect(&ANN).await.of(DENIED)?;
    let denied = error(ask(&mut client, Act::Deny).await.of(DENIED)?).of(DENIED)?;
    if denied.code() != code::REFUSED {
        return Err(format!("in place of a refusal: {denied}")).of(DENIED);
    }
    serves(&mut client).await.map_err(|found| format!("afterwards: {found}")).of(DENIED)
}

/// The panicking call is told; the same client's next call and another's running one are fine.
pub(super) async fn panics<D: Dial>(stage: &Stage<D>, inside: Inside) -> Found {
    let run = async {
        let neighbour = stage.hang(&BOB, Act::Hang { inside: Inside::End }).await?;
        let mut client = stage.connect(&ANN).await?;
        let failed = error(ask(&mut client, Act::Panic { inside }).await?)?;
        silent(&failed)?;
        serves(&mut client).await.map_err(|found| format!("the next call: {found}"))?;
        neighbour.finishes().await.map(drop)
    };
    run.await.map_err(|found| format!("{}: {found}", place(inside))).of(PANIC)
}

fn place(inside: Inside) -> &'static str {
    match inside {
        Inside::Once => "before there is a future",
        Inside::Call => "before admission",
        Inside::End => "after admission",
        Inside::Noted => "after a note",
    }
}

fn silent(failed: &Error) -> Step {
    let data = failed.data().map(|data| String::from_utf8_lossy(data.as_bytes()));
    if failed.message().contains(INNER) || data.is_some_and(|data| data.contains(INNER)) {
        return Err("the peer reads what the panic said".to_owned());
    }
    Ok(())
}

/// Bytes that no transport takes for a message, whatever its frames are.
fn garbage() -> Vec<Vec<u8>> {
    let texts = [
        "",
        "{",
        "nul",
        "[]",
        "{}",
        "\"\"",
        "0",
        r#"{"jsonrpc":"2.0"}"#,
        r#"{"jsonrpc":"2.0","id":null,"method":"contract/act"}"#,
        r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"contract/act"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":["contract/act"]}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"contract/act","params":[]}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"contract/act","params":{"_meta":1}}"#,
        "\r\n\r\n",
    ];
    let mut all: Vec<Vec<u8>> = texts.map(|text| text.as_bytes().to_vec()).into();
    all.extend([vec![0; 64], vec![0xFF; 64], vec![0x80, 0xC0, 0xFE]]);
    all.extend(["[", "{\"a\":"].map(|nest| nest.repeat(20_000).into_bytes()));
    all
}

pub(super) async fn garbage_harms_nobody<D: Dial>(stage: &Stage<D>) -> Found {
    let run = async {
        let neighbour = stage.hang(&BOB, Act::Hang { inside: Inside::End }).await?;
        for bytes in garbage() {
            let start = String::from_utf8_lossy(&bytes).chars().take(24).collect::<String>();
            let what = format!("{} bytes, {start:?}", bytes.len());
            within(&what, stage.dial.garble(ANN.token, &bytes)).await?;
            // The neighbour's request is the one.
            if stage.seen.reached() > 1 {
                return Err(format!("{what}: reached the service"));
            }
        }
        stage.serves(&ANN).await.map_err(|found| format!("afterwards: {found}"))?;
        neighbour.finishes().await.map(drop)
    };
    run.await.of(GARBAGE)
}
