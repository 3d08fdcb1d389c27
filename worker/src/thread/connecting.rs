//! How a user comes by a connection: its own, another that is idle, a new one, or one it waited for.

use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use rustls::{AlertDescription, CertificateError};
use swarmgate_domain::{ConnectionReuse, ErrorKind, HttpVersion, Micros};
use tokio::net::TcpStream;

use super::request::{Desk, Trouble};
use super::runner::Interrupt;
use super::tunnel::of_proxy;
use super::user::User;
use crate::failure::Failure;
use crate::net::{
    self, Connection, Grant, Lane, Meter, Metered, Offer, OpenPermit, OriginId, Picker, Sharing, Stream, Unresolved,
};
use crate::program::ProxyPlan;

/// What is being done when a connection attempt takes too long.
#[derive(Clone, Copy)]
enum Stage {
    LookingUp,
    Connecting,
    Tunnelling,
    Encrypting,
}

impl Desk {
    /// A connection to `origin`: the user's own if it is still good, or another, or a new one.
    pub(super) async fn connection(&mut self, user: &mut User, origin: OriginId) -> Result<Connection, Trouble> {
        let own = user.connections.iter().position(|key| key.origin == origin);
        if let Some(mut connection) = own.and_then(|at| self.thread.pool.take(user.connections.swap_remove(at)))
            && is_usable(&mut connection).await
        {
            return Ok(connection);
        }
        loop {
            let grant = match self.thread.pool.request(origin) {
                Ok(grant) => grant,
                Err(waiting) => {
                    self.runner.clear_deadline();
                    let began = self.thread.clock.now();
                    let grant = self.runner.unless_interrupted(poll_fn(|cx| waiting.poll(cx))).await;
                    let waited = self.thread.clock.now().saturating_since(began);
                    self.tally.pool_wait = Some(self.tally.pool_wait.unwrap_or(Micros::ZERO) + waited);
                    grant.map_err(|_| Trouble::Cut)?
                }
            };
            match grant {
                Grant::Permit(permit) => {
                    // Apart from the rest of a runner's state, which would be three times as large with room for this.
                    let stream = Box::pin(self.open(origin)).await?;
                    return Ok(Connection::new(origin, self.thread.on_ring(stream)?, permit));
                }
                Grant::Open(mut connection) => {
                    if is_usable(&mut connection).await {
                        return Ok(connection);
                    }
                }
            }
        }
    }

    /// Room for a request on an HTTP/2 connection to `origin`: the user's own, one that it shares with others, or a new one.
    pub(super) async fn lane(&mut self, user: &mut User, origin: OriginId) -> Result<Lane, Trouble> {
        let thread = Rc::clone(&self.thread);
        if let Some(lane) = user.own_shared(origin).and_then(|own| own.lane()) {
            return Ok(lane);
        }
        let is_apart = thread.program().reuse == ConnectionReuse::PerRequest;
        let sharing = if is_apart { Sharing::Never } else { Sharing::Allowed };
        let offer = match thread.shared.request(origin, sharing) {
            Ok(offer) => offer,
            Err(in_line) => {
                self.runner.clear_deadline();
                let began = thread.clock.now();
                let offer = self.runner.unless_interrupted(poll_fn(|cx| in_line.poll(cx))).await;
                let waited = thread.clock.now().saturating_since(began);
                self.tally.pool_wait = Some(self.tally.pool_wait.unwrap_or(Micros::ZERO) + waited);
                offer.map_err(|_| Trouble::Cut)?
            }
        };
        match offer {
            Offer::Lane(lane) => Ok(lane),
            Offer::Permit(permit) => self.open_lane(origin, permit).await,
        }
    }

    async fn open_lane(&mut self, origin: OriginId, permit: OpenPermit) -> Result<Lane, Trouble> {
        let thread = Rc::clone(&self.thread);
        let stream = self.open(origin).await?;
        if matches!(stream, Stream::Tls(_)) && stream.protocol() != Some(net::protocol_name(HttpVersion::Http2)) {
            return Err(Failure::new(ErrorKind::Tls, NO_HTTP_2).into());
        }
        let stream = Metered { stream, meter: Meter::new(thread.clock) };
        let meter = Rc::clone(&stream.meter);
        let begun = self.runner.unless_interrupted(thread.shared.begin(permit, origin, stream)).await;
        begun.map_err(|interrupt| self.given_up(interrupt, Stage::Connecting))?.map_err(|_| {
            let ended =
                Failure::new(ErrorKind::Reset, "connection closed before a word of HTTP/2: does the server speak it?");
            meter.failure().unwrap_or(ended).into()
        })
    }

    /// Opens a connection to one of the origin's addresses, or to the proxy on the way there; all of it within the limit for
    /// connecting.
    async fn open(&mut self, origin: OriginId) -> Result<Stream, Trouble> {
        let thread = Rc::clone(&self.thread);
        self.runner.set_deadline(&thread, thread.clock.now() + self.connect_timeout);
        let tcp = match &thread.program().proxy {
            None => {
                self.look_up(origin, Picker::We).await?;
                self.open_tcp(origin).await?
            }
            Some(proxy) => {
                // The proxy looks it up itself: here it is only asked whether load may go there.
                self.look_up(origin, Picker::Proxy).await?;
                self.open_through(proxy, origin).await.map_err(|trouble| match trouble {
                    Trouble::Failed(failure) => of_proxy(&failure).into(),
                    Trouble::Cut => Trouble::Cut,
                })?
            }
        };
        self.encrypt(origin, tcp).await
    }

    /// Opens a connection to the proxy, and where it is not asked for each request itself, a tunnel to the origin.
    async fn open_through(&mut self, proxy: &ProxyPlan, origin: OriginId) -> Result<TcpStream, Trouble> {
        let thread = Rc::clone(&self.thread);
        self.look_up(proxy.origin, Picker::We).await?;
        let mut tcp = self.open_tcp(proxy.origin).await?;
        let is_asked = thread.program().asked_proxy(&thread.origins.borrow().get(origin).key).is_some();
        if !is_asked {
            let dug = self.runner.unless_interrupted(self.dig_tunnel(proxy, origin, &mut tcp)).await;
            dug.map_err(|interrupt| self.given_up(interrupt, Stage::Tunnelling))??;
        }
        Ok(tcp)
    }

    /// Looks up the origin's addresses, where that was not done before the test or is long ago.
    async fn look_up(&self, origin: OriginId, picker: Picker) -> Result<(), Trouble> {
        let origins = &self.thread.origins;
        let (key, is_known) = {
            let mut origins = origins.borrow_mut();
            let origin = origins.get_mut(origin);
            if !origin.begin_look_up(self.thread.clock.now()) {
                return Ok(());
            }
            (origin.key.clone(), origin.is_resolved())
        };
        let found = self.runner.unless_interrupted(net::resolve(&key, picker)).await;
        let found = found.map_err(|interrupt| self.given_up(interrupt, Stage::LookingUp))?;
        let addresses = match found {
            Ok(addresses) => addresses,
            // What was true half a minute ago is better than nothing.
            Err(_) if is_known => return Ok(()),
            Err(Unresolved::NoAddress(_)) => {
                return Err(Failure::new(ErrorKind::Dns, format!("no address for {}", key.host)).into());
            }
            Err(Unresolved::Forbidden { why, .. }) => {
                return Err(Failure::new(ErrorKind::Redirect, format!("to {why}")).into());
            }
        };
        origins.borrow_mut().get_mut(origin).set_addresses(addresses);
        Ok(())
    }

    /// Tries the origin's addresses, each once, until one takes the connection.
    async fn open_tcp(&mut self, origin: OriginId) -> Result<TcpStream, Trouble> {
        let thread = Rc::clone(&self.thread);
        let began = thread.clock.now();
        let mut failure = Failure::new(ErrorKind::Dns, "no address");
        for attempt in 0.. {
            let Some(address) = thread.origins.borrow_mut().get_mut(origin).address(attempt) else { break };
            let connected =
                self.runner.unless_interrupted(thread.local_ports.connect(address, thread.open_connections())).await;
            match connected.map_err(|interrupt| self.given_up(interrupt, Stage::Connecting))? {
                Ok(tcp) => {
                    let now = thread.clock.now();
                    self.tally.connects.push(now.saturating_since(began));
                    thread.recorder.borrow_mut().connected(now);
                    return Ok(tcp);
                }
                Err(error) => failure = Failure::of_connect(&error),
            }
        }
        Err(failure.into())
    }

    /// Speaks TLS where the origin does.
    async fn encrypt(&mut self, origin: OriginId, tcp: TcpStream) -> Result<Stream, Trouble> {
        let thread = Rc::clone(&self.thread);
        let (is_https, unverified, name) = {
            let origins = thread.origins.borrow();
            let origin = origins.get(origin);
            (origin.key.https, origin.key.unverified, origin.tls_name.clone())
        };
        if !is_https {
            return Ok(Stream::Plain(tcp));
        }
        let failed = |why: &'static str| Failure::new(ErrorKind::Tls, why);
        let name = name.ok_or_else(|| failed("the host is no name that a certificate can have"))?;
        let config = if unverified { &thread.outfit.unverified_tls } else { &thread.outfit.tls };
        let config = config.as_ref().ok_or_else(|| failed("this machine has no root certificates"))?;
        let began = thread.clock.now();
        let done = self.runner.unless_interrupted(Stream::encrypted(tcp, Arc::clone(config), name)).await;
        let done = done.map_err(|interrupt| self.given_up(interrupt, Stage::Encrypting))?;
        let stream = done.map_err(|error| {
            let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
            tls.map_or_else(|| Failure::of_handshake(&error), |tls| failed(tls_words(tls, thread.program().version)))
        })?;
        let now = thread.clock.now();
        self.tally.handshakes.push(now.saturating_since(began));
        Ok(stream)
    }

    fn given_up(&self, interrupt: Interrupt, stage: Stage) -> Trouble {
        let limit = self.connect_timeout;
        let doing = match stage {
            Stage::LookingUp => "the name was not looked up",
            Stage::Connecting => "no connection",
            Stage::Tunnelling => "no tunnel",
            Stage::Encrypting => "no TLS session",
        };
        match interrupt {
            Interrupt::Cut => Trouble::Cut,
            Interrupt::Deadline => Failure::new(ErrorKind::Timeout, format!("{doing} within {limit}")).into(),
        }
    }
}

const NO_HTTP_2: &str = "the server does not offer HTTP/2: leave out `http: 2`";

/// A handshake's error from a small set: rustls' own texts hold times and names.
fn tls_words(error: &rustls::Error, version: HttpVersion) -> &'static str {
    let other_protocol = match version {
        HttpVersion::Http1 => "the server does not speak HTTP/1.1: `http: 2` may be what it wants",
        HttpVersion::Http2 => NO_HTTP_2,
    };
    match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "the certificate is expired",
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "the certificate is not valid yet"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "the certificate is for another name"
            }
            CertificateError::UnknownIssuer => "the certificate is of an unknown issuer",
            CertificateError::Revoked => "the certificate is revoked",
            _ => "the certificate is not valid",
        },
        rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol) => other_protocol,
        rustls::Error::AlertReceived(_) => "the server refused the handshake",
        rustls::Error::InvalidMessage(_) => "what came is no TLS",
        rustls::Error::PeerIncompatible(_) => "the server speaks no TLS that we speak",
        rustls::Error::NoApplicationProtocol => other_protocol,
        _ => "the handshake failed",
    }
}

async fn is_usable(connection: &mut Connection) -> bool {
    poll_fn(|cx| Poll::Ready(connection.poll_is_usable(cx))).await
}
