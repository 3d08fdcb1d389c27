//! HTTP servers of tests.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// A server on a free port of this machine; ends when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    _task: JoinSet<()>,
}

impl Server {
    /// Serves `router`. Needs a tokio runtime.
    pub async fn start(router: Router) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("this machine has a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let mut task = JoinSet::new();
        task.spawn(async move {
            axum::serve(listener, router).await.expect("the server goes on until it is dropped");
        });
        Self { address, _task: task }
    }

    /// Where it listens, as `127.0.0.1:4000`.
    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    /// Its URL, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}
