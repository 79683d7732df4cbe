//! What a client is told when it opens an HTTP/2 connection.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    sockets::{local, serve, within},
    *,
};
use crate::http::Limits;

/// The settings that a server opens an HTTP/2 connection with (RFC 9113, section 6.5).
async fn settings(stream: &mut TcpStream) -> Vec<(u16, u32)> {
    let opening = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    stream.write_all(opening).await.unwrap();
    let mut head = [0; 9];
    within(stream.read_exact(&mut head)).await.unwrap();
    let [_, high, low, kind, ..] = head;
    assert_eq!(kind, 4, "the first frame has the settings");
    let mut rows = vec![0; usize::from(u16::from_be_bytes([high, low]))];
    within(stream.read_exact(&mut rows)).await.unwrap();
    let row = |row: &[u8]| {
        let (name, value) = row.split_at(2);
        (
            u16::from_be_bytes(name.try_into().unwrap()),
            u32::from_be_bytes(value.try_into().unwrap()),
        )
    };
    rows.chunks(6).map(row).collect()
}

#[tokio::test]
async fn http_2_connections_are_told_their_bounds() {
    const MAX_CONCURRENT_STREAMS: u16 = 3;
    const MAX_HEADER_LIST_SIZE: u16 = 6;
    let limits = Limits::default().header_bytes(10_000);
    let served = serve(local().limits(limits), echo()).await;
    let mut stream = TcpStream::connect(served.addr).await.unwrap();
    let settings = settings(&mut stream).await;
    for bound in [(MAX_CONCURRENT_STREAMS, 128), (MAX_HEADER_LIST_SIZE, 10_000)] {
        assert!(settings.contains(&bound), "{bound:?}: {settings:?}");
    }
}
