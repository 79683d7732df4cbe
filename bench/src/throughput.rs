//! Requests per second over loopback, for a reader: machines differ, so nothing is asserted.

use std::{net::SocketAddr, time::Instant};

use tokio::{net::TcpListener, task::JoinSet};

use crate::{
    Result, case::Access, client::Connection, exchange, floor::Floor, issuer::Issuer, ours,
};

const CONNECTIONS: u32 = 8;
/// Requests of one round, over all connections.
const REQUESTS: u32 = 20_000;
/// Rounds of each server, in turn, so that what else the machine does hits both.
const ROUNDS: usize = 5;

/// Prints the medians of both servers and their ratio.
pub(crate) async fn measure(issuer: &Issuer) -> Result {
    println!(
        "requests per second, median of {ROUNDS} rounds of {REQUESTS} over {CONNECTIONS} \
         connections, client and server on two threads"
    );
    println!("{:<10}{:>10}{:>10}{:>14}", "", "ours", "floor", "ours/floor");
    for access in Access::ALL {
        let [ours, floor] = compare(access, issuer).await?;
        println!("{:<10}{ours:>10.0}{floor:>10.0}{:>14.3}", access.name(), ours / floor);
    }
    println!();
    Ok(())
}

/// The medians: ours, then the floor's.
async fn compare(access: Access, issuer: &Issuer) -> Result<[f64; 2]> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let floor = listener.local_addr()?;
    tokio::spawn(Floor::new(access, issuer)?.serve(listener));
    let addrs = [ours::listen(access, issuer).await?, floor];
    for addr in addrs {
        round(addr, REQUESTS / 10, &issuer.token).await?;
    }
    let mut rates = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (addr, rates) in addrs.iter().zip(&mut rates) {
            rates.push(round(*addr, REQUESTS, &issuer.token).await?);
        }
    }
    Ok(rates.map(median))
}

/// Asks so often, and gives the rate.
async fn round(addr: SocketAddr, requests: u32, token: &str) -> Result<f64> {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(Connection::open(addr).await?);
    }
    let each = requests / CONNECTIONS;
    let started = Instant::now();
    let mut loops = JoinSet::new();
    for mut connection in connections {
        let token = token.to_owned();
        loops.spawn(async move {
            for _ in 0..each {
                exchange::verify(&connection.ask(exchange::request(&token)?).await?)?;
            }
            Result::Ok(())
        });
    }
    while let Some(ended) = loops.join_next().await {
        ended??;
    }
    Ok(f64::from(each * CONNECTIONS) / started.elapsed().as_secs_f64())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![5.0, 1.0, 3.0]), 3.0);
        assert!(median(Vec::new()).is_nan());
    }
}
