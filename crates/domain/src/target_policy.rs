//! Where load may never go, whatever a deployment allows: a load generator is a weapon, and metadata services give out credentials.
//!
//! Checked before a test is accepted, and again by the engine after each name look-up and redirect, since names can change.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::Host;

/// Why `ip` may not be loaded, in words that follow "is"; `None` when it may.
///
/// IPv4 addresses are found in IPv6 ones too: mapped, compatible, NAT64 and 6to4.
pub fn forbidden(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(ip) => forbidden_v4(ip),
        IpAddr::V6(ip) => forbidden_v6(ip),
    }
}

/// Why `host` may not be loaded, in words that follow "is"; `None` when it may as far as can be told without looking it up.
///
/// Takes what may stand in a URL: names, with a dot at the end or without, and addresses in every spelling that URLs have (`2852039166`,
/// `0xa9.254.43518`, `[::ffff:169.254.169.254]`), with brackets or without.
pub fn forbidden_host(host: &str) -> Option<&'static str> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    // A zone (`fe80::1%eth0`) names an interface and changes nothing about the address.
    if let Ok(ip) = bare.split('%').next().unwrap_or_default().parse::<Ipv6Addr>() {
        return forbidden_v6(ip);
    }
    match Host::parse(bare).ok()? {
        Host::Ipv4(ip) => forbidden_v4(ip),
        Host::Ipv6(ip) => forbidden_v6(ip),
        Host::Domain(name) => {
            METADATA_NAMES.contains(&name.trim_end_matches('.').to_ascii_lowercase().as_str()).then_some(METADATA)
        }
    }
}

const METADATA: &str = "a metadata address of a cloud";

/// Names under which clouds' metadata services answer; their addresses are refused too.
const METADATA_NAMES: [&str; 6] = [
    "metadata",
    "metadata.google.internal",
    "metadata.goog",
    "metadata.azure.internal",
    "instance-data",
    "instance-data.ec2.internal",
];

/// Metadata services outside of the link-local range: Alibaba's, Oracle's, Azure's.
const METADATA_V4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192), Ipv4Addr::new(168, 63, 129, 16)];

fn forbidden_v4(ip: Ipv4Addr) -> Option<&'static str> {
    if ip.octets()[0] == 0 {
        Some("an unspecified address")
    } else if METADATA_V4.contains(&ip) {
        Some(METADATA)
    } else if ip.is_link_local() {
        Some("a link-local address, where clouds' metadata services are")
    } else if ip.is_broadcast() {
        Some("the broadcast address")
    } else if ip.is_multicast() {
        Some("a multicast address")
    } else {
        None
    }
}

fn forbidden_v6(ip: Ipv6Addr) -> Option<&'static str> {
    let [a, b, c, ..] = ip.segments();
    if ip.is_unspecified() {
        Some("an unspecified address")
    } else if ip.is_loopback() {
        None
    } else if ip.is_multicast() {
        Some("a multicast address")
    } else if ip.is_unicast_link_local() {
        Some("a link-local address")
    } else if (a, b, c) == (0xfd00, 0x0ec2, 0) || (a, b, c) == (0xfd20, 0x00ce, 0) {
        // Of EC2 (also of EKS Pod Identity) and of Google.
        Some(METADATA)
    } else {
        embedded_v4(ip).and_then(forbidden_v4)
    }
}

/// The IPv4 address that traffic to `ip` may end at.
fn embedded_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match ip.segments() {
        // ::a.b.c.d, ::ffff:a.b.c.d, ::ffff:0:a.b.c.d, 64:ff9b::a.b.c.d
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => of(high, low),
        [0x2002, high, low, ..] => of(high, low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_and_link_local_are_refused_in_every_spelling() {
        for host in [
            "169.254.169.254",
            "169.254.169.254.",
            "2852039166",
            "0xa9fea9fe",
            "0xA9FEA9FE.",
            "025177524776",
            "0251.0376.0251.0376",
            "0xa9.0xfe.0xa9.0xfe",
            "169.254.43518",
            "169.16689662",
            "0xa9.254.0251.254",
            "%31%36%39.254.169.254",
            "１６９.254.169.254",
            "[::ffff:169.254.169.254]",
            "::ffff:169.254.169.254",
            "[::ffff:a9fe:a9fe]",
            "[0:0:0:0:0:ffff:a9fe:a9fe]",
            "[::169.254.169.254]",
            "[64:ff9b::a9fe:a9fe]",
            "[2002:a9fe:a9fe::1]",
            "169.254.170.2",
            "169.254.170.23",
            "[fe80::1]",
            "fe80::1%eth0",
            "[febf::1]",
            "[fd00:ec2::254]",
            "[fd00:ec2::23]",
            "[fd20:ce::254]",
            "100.100.100.200",
            "192.0.0.192",
            "168.63.129.16",
            "metadata.google.internal",
            "METADATA.google.internal.",
            "instance-data",
        ] {
            assert!(forbidden_host(host).is_some(), "{host} was not refused");
        }
    }

    #[test]
    fn what_is_no_single_host_is_refused() {
        for host in ["0.0.0.0", "0", "0.1.2.3", "[::]", "224.0.0.1", "239.255.255.250", "[ff02::1]", "255.255.255.255"]
        {
            assert!(forbidden_host(host).is_some(), "{host} was not refused");
        }
    }

    #[test]
    fn services_may_be_loaded() {
        for host in [
            "localhost",
            "127.0.0.1",
            "[::1]",
            "::ffff:127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "172.31.0.10",
            "shop.example",
            "shop.example.",
            "metadata.shop.example",
            "169.253.255.255",
            "169.255.0.1",
            "[fd00:ec3::254]",
            "[2001:db8::1]",
        ] {
            assert_eq!(forbidden_host(host), None, "{host}");
        }
    }

    #[test]
    fn an_address_says_why() {
        for (ip, why) in [
            ("169.254.169.254", "a link-local address, where clouds' metadata services are"),
            ("fd00:ec2::254", "a metadata address of a cloud"),
            ("0.0.0.0", "an unspecified address"),
            ("ff02::1", "a multicast address"),
            ("255.255.255.255", "the broadcast address"),
        ] {
            assert_eq!(forbidden(ip.parse().unwrap()), Some(why), "{ip}");
        }
    }
}
