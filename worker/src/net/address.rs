//! Names to addresses, without those that load must never go to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::origin::OriginKey;

/// Why a host has no address to connect to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// The look-up found nothing.
    #[error("{0}")]
    NoAddress(String),
    /// It has only link-local or metadata addresses, which load never goes to.
    #[error("{0} is a link-local or metadata address, where load never goes")]
    Forbidden(IpAddr),
}

/// The addresses of `key`'s host, each once, without forbidden ones.
///
/// # Errors
/// [`Unresolved`]: no address is left.
pub async fn resolve(key: &OriginKey) -> Result<Vec<SocketAddr>, Unresolved> {
    let found: Vec<SocketAddr> = match key.host.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, key.port)],
        Err(_) => tokio::net::lookup_host((key.host.as_str(), key.port))
            .await
            .map_err(|error| Unresolved::NoAddress(error.to_string()))?
            .collect(),
    };
    let mut addresses = Vec::new();
    for address in &found {
        if !is_forbidden(address.ip()) && !addresses.contains(address) {
            addresses.push(*address);
        }
    }
    match found.first() {
        _ if !addresses.is_empty() => Ok(addresses),
        Some(forbidden) => Err(Unresolved::Forbidden(forbidden.ip())),
        None => Err(Unresolved::NoAddress("the look-up found no address".to_owned())),
    }
}

/// Whether `address` is link-local or gives a cloud's instance metadata: whoever reaches it is trusted as the machine itself.
pub fn is_forbidden(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local() || v4 == Ipv4Addr::new(100, 100, 100, 200),
        IpAddr::V6(v6) => {
            let metadata = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
            let (segments, octets) = (v6.segments(), v6.octets());
            // Also as IPv4 in disguise: mapped (::ffff:a.b.c.d), compatible (::a.b.c.d), and through NAT64 (64:ff9b::a.b.c.d).
            let embeds = segments[..5] == [0; 5] && matches!(segments[5], 0 | 0xffff)
                || segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0];
            let v4 = Ipv4Addr::new(octets[12], octets[13], octets[14], octets[15]);
            v6.is_unicast_link_local() || v6 == metadata || embeds && is_forbidden(IpAddr::V4(v4))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_out_of_reach() {
        for forbidden in [
            "169.254.169.254",
            "169.254.0.1",
            "100.100.100.200",
            "fe80::1",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
            "64:ff9b::169.254.169.254",
        ] {
            assert!(is_forbidden(forbidden.parse().unwrap()), "{forbidden}");
        }
        for allowed in ["127.0.0.1", "10.0.0.1", "8.8.8.8", "::1", "fd00::1", "2001:db8::1"] {
            assert!(!is_forbidden(allowed.parse().unwrap()), "{allowed}");
        }
    }

    #[tokio::test]
    async fn an_address_needs_no_look_up() {
        let key = |host: &str| OriginKey { https: false, host: host.to_owned(), port: 81 };
        assert_eq!(resolve(&key("::1")).await, Ok(vec!["[::1]:81".parse().unwrap()]));
        let metadata = "169.254.169.254".parse().unwrap();
        assert_eq!(resolve(&key("169.254.169.254")).await, Err(Unresolved::Forbidden(metadata)));
    }
}
