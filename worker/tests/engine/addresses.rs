//! Where connections come from, and to which of a name's addresses they go; for both versions of HTTP.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex};

use swarmgate_domain::*;
use swarmgate_worker::EngineOptions;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::support::*;

/// How often a connection came from an address to an address.
type Seen = Arc<Mutex<BTreeMap<(IpAddr, IpAddr), usize>>>;

/// Counts who connects to each of `addresses`, and keeps what is sent to itself.
async fn listening(addresses: &[SocketAddr]) -> (Seen, JoinSet<()>) {
    let (seen, mut tasks) = (Seen::default(), JoinSet::new());
    for address in addresses {
        let (listener, seen) = (TcpListener::bind(address).await.unwrap(), Arc::clone(&seen));
        tasks.spawn(async move {
            let mut held = Vec::new();
            while let Ok((tcp, peer)) = listener.accept().await {
                *seen.lock().unwrap().entry((peer.ip(), tcp.local_addr().unwrap().ip())).or_default() += 1;
                held.push(tcp);
            }
        });
    }
    (seen, tasks)
}

/// Eight users who each connect once, and get no answer.
async fn eight_connect(version: HttpVersion, target: &str, sources: &[IpAddr]) {
    let mut scenario = scenario(closed(8, ms(200)));
    scenario.http.version = version;
    let mut request = request(&mut scenario, "GET", "/");
    request.timeout = ms(5_000);
    scenario.kinds[0].flow = vec![send(request)];
    scenario.grace = Micros::ZERO;
    let options = EngineOptions { threads: Some(1), source_addresses: sources.to_vec(), ..EngineOptions::default() };
    let stats = total(&intervals(begun_with(spec(&scenario, target, ms(200)), options).await).await);
    assert_eq!(stats.generator.connections_opened, 8);
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_come_from_the_addresses_given_by_turns() {
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let (seen, _tasks) = listening(&[address]).await;
        let sources: [IpAddr; 2] = ["127.0.0.2", "127.0.0.3"].map(|text| text.parse().unwrap());
        eight_connect(version, &format!("http://{address}"), &sources).await;
        let expected = sources.map(|source| ((source, address.ip()), 4));
        assert_eq!(*seen.lock().unwrap(), expected.into(), "{version:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_addresses_of_a_name_are_used_by_turns() {
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let port = free_port();
        // With most systems two, of both families.
        let addresses: std::collections::BTreeSet<_> = ("localhost", port).to_socket_addrs().unwrap().collect();
        let addresses: Vec<_> = addresses.into_iter().collect();
        let (seen, _tasks) = listening(&addresses).await;
        eight_connect(version, &format!("http://localhost:{port}"), &[]).await;
        let expected = addresses.iter().map(|address| ((address.ip(), address.ip()), 8 / addresses.len()));
        assert_eq!(*seen.lock().unwrap(), expected.collect(), "{version:?}");
    }
}
