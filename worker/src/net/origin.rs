//! Origins: scheme, host and port, as users connect to them.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use rustls::pki_types::ServerName;
use swarmgate_domain::{AllowedTargets, Micros};

/// Points into [`Origins`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OriginId(pub u32);

impl OriginId {
    /// As an index.
    pub fn index(self) -> usize {
        usize::try_from(self.0).expect("a pointer has 32 bits or more")
    }
}

/// What tells one origin from another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OriginKey {
    /// Whether TLS is spoken there.
    pub https: bool,
    /// A name in lower case, or an IP address without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// Whether any certificate will do, where the scenario's settings would ask for a valid one.
    pub unverified: bool,
}

impl OriginKey {
    /// The `Host` header's value: with the port unless it is the scheme's own, IPv6 addresses in brackets.
    pub fn host_header(&self) -> Vec<u8> {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let own_port = if self.https { 443 } else { 80 };
        if self.port == own_port { host.into_bytes() } else { format!("{host}:{}", self.port).into_bytes() }
    }

    /// `http://host:port`, the port as in the `Host` header.
    pub fn url(&self) -> Vec<u8> {
        [self.scheme().as_bytes(), b"://", &self.host_header()].concat()
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }
}

/// An origin with all that connecting to it takes.
#[derive(Clone, Debug)]
pub struct Origin {
    /// What it is.
    pub key: OriginKey,
    /// The `Host` header's value.
    pub host_header: Vec<u8>,
    /// [`OriginKey::url`].
    pub url: Vec<u8>,
    /// For the certificate and SNI; `None` where the host is no valid name.
    pub tls_name: Option<ServerName<'static>>,
    addresses: Vec<SocketAddr>,
    turn: usize,
    /// Whether what its name stands for may change, and when it was last asked for, in test time.
    is_name: bool,
    looked_up: Micros,
}

/// A name is looked up again for a new connection after this time, so that load follows a service that scales or moves.
const LOOK_UP_EVERY: Micros = Micros(30_000_000);

impl Origin {
    fn new(key: OriginKey) -> Self {
        let tls_name = match key.host.parse::<IpAddr>() {
            Ok(address) => Some(ServerName::from(address)),
            Err(_) => ServerName::try_from(key.host.clone()).ok(),
        };
        let is_name = key.host.parse::<IpAddr>().is_err();
        let (host_header, url, addresses) = (key.host_header(), key.url(), Vec::new());
        Self { host_header, url, tls_name, addresses, turn: 0, is_name, looked_up: Micros::ZERO, key }
    }

    /// Whether its name is to be looked up before a connection that is opened at test time `now`. If so, that counts as done:
    /// who asks next goes on with the addresses that are known.
    pub fn begin_look_up(&mut self, now: Micros) -> bool {
        let is_due = !self.is_resolved() || self.is_name && now >= self.looked_up + LOOK_UP_EVERY;
        if is_due {
            self.looked_up = now;
        }
        is_due
    }

    /// Whether its addresses are known.
    pub fn is_resolved(&self) -> bool {
        !self.addresses.is_empty()
    }

    /// Where it can be connected to.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Its addresses are these.
    pub fn set_addresses(&mut self, addresses: Vec<SocketAddr>) {
        self.addresses = addresses;
    }

    /// The address for the `attempt`-th try (from 0) of a new connection, `None` when all were tried.
    /// Each new connection starts with the next address, so that all are used in turn.
    pub fn address(&mut self, attempt: usize) -> Option<SocketAddr> {
        if attempt >= self.addresses.len() {
            return None;
        }
        let address = self.addresses[self.turn % self.addresses.len()];
        self.turn = self.turn.wrapping_add(1);
        Some(address)
    }
}

/// The origins that a thread knows.
#[derive(Clone, Debug)]
pub struct Origins {
    list: Vec<Origin>,
    by_key: HashMap<OriginKey, OriginId>,
    allowed: AllowedTargets,
}

/// Why load does not go to an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is not on the deployment's list.
    NotAllowed,
    /// Too many are known already: an answer that redirects ever elsewhere must not fill the memory.
    TooMany,
}

impl Origins {
    /// How many are known at most.
    const MOST: usize = 4096;

    /// Knows `keys`, in their order; further ones must be `allowed`.
    pub fn new(keys: &[OriginKey], allowed: AllowedTargets) -> Self {
        let mut origins = Self { list: Vec::new(), by_key: HashMap::new(), allowed };
        for key in keys {
            origins.add(key.clone());
        }
        origins
    }

    /// The id of `key`, known from now on.
    ///
    /// # Errors
    /// [`Refused`]: load does not go there.
    pub fn intern_allowed(&mut self, key: OriginKey) -> Result<OriginId, Refused> {
        if let Some(id) = self.by_key.get(&key) {
            return Ok(*id);
        }
        let host = String::from_utf8_lossy(&key.host_header()).into_owned();
        let is_listed = matches!(self.allowed, AllowedTargets::Listed(_));
        if is_listed && self.allowed.check(&format!("{}://{host}/", key.scheme())).is_err() {
            return Err(Refused::NotAllowed);
        }
        if self.list.len() >= Self::MOST {
            return Err(Refused::TooMany);
        }
        Ok(self.add(key))
    }

    fn add(&mut self, key: OriginKey) -> OriginId {
        let id = OriginId(u32::try_from(self.list.len()).expect("origins are few"));
        self.list.push(Origin::new(key.clone()));
        self.by_key.insert(key, id);
        id
    }

    /// The origin with this id.
    pub fn get(&self, id: OriginId) -> &Origin {
        &self.list[id.index()]
    }

    /// The origin with this id, to change.
    pub fn get_mut(&mut self, id: OriginId) -> &mut Origin {
        &mut self.list[id.index()]
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (OriginId, &Origin)> {
        (0..).map(OriginId).zip(&self.list)
    }

    /// All of them, to change.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (OriginId, &mut Origin)> {
        (0..).map(OriginId).zip(&mut self.list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(https: bool, host: &str, port: u16) -> OriginKey {
        OriginKey { https, host: host.to_owned(), port, unverified: false }
    }

    #[test]
    fn the_host_header_names_the_port_where_it_must() {
        let header = |https, host, port| String::from_utf8(key(https, host, port).host_header()).unwrap();
        assert_eq!(header(false, "h", 80), "h");
        assert_eq!(header(true, "h", 80), "h:80");
        assert_eq!(header(true, "::1", 443), "[::1]");
        assert_eq!(header(false, "::1", 8080), "[::1]:8080");
    }

    #[test]
    fn a_name_is_looked_up_again() {
        let mut origin = Origin::new(key(false, "h", 80));
        assert!(origin.begin_look_up(Micros::ZERO) && origin.begin_look_up(Micros(1)), "it has no address");
        origin.set_addresses(vec!["127.0.0.1:80".parse().unwrap()]);
        let asked = [1, 2, 31, 32, 61].map(|s| origin.begin_look_up(Micros::from_secs(s)));
        assert_eq!(asked, [false, false, true, false, true]);
        let mut address = Origin::new(key(false, "127.0.0.1", 80));
        address.set_addresses(vec!["127.0.0.1:80".parse().unwrap()]);
        assert!(!address.begin_look_up(Micros::from_secs(3_600)));
    }

    #[test]
    fn addresses_are_used_in_turn() {
        let mut origin = Origin::new(key(false, "h", 80));
        let addresses: Vec<SocketAddr> = vec!["127.0.0.1:80".parse().unwrap(), "127.0.0.2:80".parse().unwrap()];
        origin.set_addresses(addresses.clone());
        assert_eq!((origin.address(0), origin.address(0)), (Some(addresses[0]), Some(addresses[1])));
        assert_eq!((origin.address(1), origin.address(2)), (Some(addresses[0]), None));
    }
}
