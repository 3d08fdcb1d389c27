//! Names to addresses, without those that load must never go to.

use std::net::{IpAddr, SocketAddr};

use swarmgate_domain::{forbidden, forbidden_host};

use super::origin::OriginKey;

/// Why a host has no address to connect to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// The look-up found nothing.
    #[error("{0}")]
    NoAddress(String),
    /// It has only addresses where load never goes.
    #[error("{host} is {why}, where load never goes")]
    Forbidden {
        /// The name or the address.
        host: String,
        /// What it is.
        why: &'static str,
    },
}

/// Who chooses among the addresses of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picker {
    /// We, who leave out forbidden ones.
    We,
    /// A proxy, which is told the name: it must have no forbidden one.
    Proxy,
}

/// The addresses of `key`'s host, each once, without forbidden ones.
///
/// A name that only a proxy can look up is refused with the rest: it could be that of anything.
///
/// # Errors
/// [`Unresolved`]: no address is left, or a proxy might pick a forbidden one.
pub async fn resolve(key: &OriginKey, picker: Picker) -> Result<Vec<SocketAddr>, Unresolved> {
    if let Some(why) = forbidden_host(&key.host) {
        return Err(Unresolved::Forbidden { host: key.host.clone(), why });
    }
    let found: Vec<SocketAddr> = match key.host.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, key.port)],
        Err(_) => tokio::net::lookup_host((key.host.as_str(), key.port))
            .await
            .map_err(|error| Unresolved::NoAddress(error.to_string()))?
            .collect(),
    };
    permitted(found, picker)
}

/// Those of the addresses found that may be loaded, each once: whoever answers for a name may answer anything.
fn permitted(found: Vec<SocketAddr>, picker: Picker) -> Result<Vec<SocketAddr>, Unresolved> {
    let (mut addresses, mut refused) = (Vec::new(), None);
    for address in found {
        match forbidden(address.ip()) {
            Some(why) => refused = Some(Unresolved::Forbidden { host: address.ip().to_string(), why }),
            None if addresses.contains(&address) => {}
            None => addresses.push(address),
        }
    }
    if let (Some(refused), Picker::Proxy) = (&refused, picker) {
        return Err(refused.clone());
    }
    if addresses.is_empty() {
        return Err(refused.unwrap_or_else(|| Unresolved::NoAddress("the look-up found no address".to_owned())));
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_look_up_gives_is_held_against_the_rules() {
        let found = |addresses: &[&str]| addresses.iter().map(|address| address.parse().unwrap()).collect();
        let answer = |addresses: &[&str]| permitted(found(addresses), Picker::We);
        let may = |addresses: &[&str]| Ok(found(addresses));
        assert_eq!(answer(&["10.0.0.7:80", "169.254.169.254:80", "10.0.0.7:80"]), may(&["10.0.0.7:80"]));
        for rebound in
            ["169.254.169.254:80", "[::ffff:169.254.169.254]:80", "[fd00:ec2::254]:80", "[fe80::1]:80", "0.0.0.0:80"]
        {
            assert!(matches!(answer(&[rebound]), Err(Unresolved::Forbidden { .. })), "{rebound}");
            assert!(matches!(answer(&[rebound, "[ff02::1]:80"]), Err(Unresolved::Forbidden { .. })), "{rebound}");
        }
        assert!(matches!(answer(&[]), Err(Unresolved::NoAddress(_))));
        let by_proxy = permitted(found(&["10.0.0.7:80", "169.254.169.254:80"]), Picker::Proxy);
        assert!(matches!(by_proxy, Err(Unresolved::Forbidden { .. })), "it might go to the other one");
    }

    #[tokio::test]
    async fn an_address_needs_no_look_up() {
        let key = |host: &str| OriginKey { https: false, host: host.to_owned(), port: 81, unverified: false };
        for picker in [Picker::We, Picker::Proxy] {
            assert_eq!(resolve(&key("::1"), picker).await, Ok(vec!["[::1]:81".parse().unwrap()]));
            assert!(matches!(resolve(&key("169.254.169.254"), picker).await, Err(Unresolved::Forbidden { .. })));
        }
    }
}
