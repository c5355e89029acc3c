//! Which addresses may be fetched: only the public web, whatever name, notation or redirect leads
//! elsewhere.
//!
//! [`vet_url`] judges what an address says, [`vet_addr`] what it leads to. A name is judged by every
//! address that it resolves to, at the moment of connecting; see `fetch`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::{Host, Url};

/// The longest address that is taken.
const URL_BYTES_MAX: usize = 4096;

/// Blocks of IPv4 that are not the public web, with what they are.
const FORBIDDEN_V4: [(Ipv4Addr, u8, &str); 17] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8, "an address of this host"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "a private address"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "a carrier's own address"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "an address of this host"),
    // The address under which one cloud serves its machines' metadata.
    (Ipv4Addr::new(168, 63, 129, 16), 32, "a cloud's own address"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "a link-local address"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "a private address"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "a protocol's own address"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "an address for documentation"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "an address of a relay"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "a private address"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "an address for benchmarks"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "an address for documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "an address for documentation"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "a multicast address"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "a reserved address"),
    (Ipv4Addr::BROADCAST, 32, "the broadcast address"),
];

/// Blocks inside the public part of IPv6 that are not the public web. Everything outside of
/// 2000::/3 is forbidden anyway: loopback, link-local, private, multicast, and every notation that
/// carries an IPv4 address (compatible, translated, NAT64).
const FORBIDDEN_V6: [(Ipv6Addr, u8, &str); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, "a protocol's own address"),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, "an address for documentation"),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, "an address of a relay"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, "an address for documentation"),
];

/// Names that lead inside, by their end.
const FORBIDDEN_NAMES: [&str; 11] = [
    "localhost",
    "local",
    "localdomain",
    "internal",
    "svc",
    "lan",
    "home.arpa",
    "intranet",
    "corp",
    "private",
    "home",
];

/// Judges an address that a connection would go to.
///
/// # Errors
/// What it is instead of an address on the public web.
pub fn vet_addr(addr: IpAddr) -> Result<(), &'static str> {
    match unmapped(addr) {
        IpAddr::V4(v4) => {
            let hit = FORBIDDEN_V4.iter().find(|(net, bits, _)| is_in_v4(v4, *net, *bits));
            hit.map_or(Ok(()), |(_, _, what)| Err(*what))
        }
        IpAddr::V6(v6) if !is_in_v6(v6, Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3) => {
            Err("no address of the public web")
        }
        IpAddr::V6(v6) => {
            let hit = FORBIDDEN_V6.iter().find(|(net, bits, _)| is_in_v6(v6, *net, *bits));
            hit.map_or(Ok(()), |(_, _, what)| Err(*what))
        }
    }
}

/// Judges what an address says: protocol, name or number, port.
///
/// # Errors
/// What is wrong with it.
pub fn vet_url(url: &Url) -> Result<(), &'static str> {
    vet_form(url)?;
    if !matches!(url.port_or_known_default(), Some(80 | 443)) {
        return Err("only the ports 80 and 443 are used");
    }
    match url.host() {
        Some(Host::Ipv4(addr)) => vet_addr(addr.into()),
        Some(Host::Ipv6(addr)) => vet_addr(addr.into()),
        Some(Host::Domain(name)) => vet_name(name),
        None => Err("it names no host"),
    }
}

/// What no permission changes.
fn vet_form(url: &Url) -> Result<(), &'static str> {
    if !matches!(url.scheme(), "http" | "https") {
        Err("only http and https are used")
    } else if !url.username().is_empty() || url.password().is_some() {
        Err("it carries a name or a password")
    } else if url.as_str().len() > URL_BYTES_MAX {
        Err("it is too long")
    } else if url.host_str().is_none_or(str::is_empty) {
        Err("it names no host")
    } else {
        Ok(())
    }
}

fn vet_name(name: &str) -> Result<(), &'static str> {
    let name = folded(name);
    let is_inside = FORBIDDEN_NAMES.iter().any(|end| {
        name.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    });
    if is_inside {
        Err("its name leads inside")
    } else if !name.contains('.') {
        // Search domains complete such names to services nearby.
        Err("its name has no dot")
    } else {
        Ok(())
    }
}

/// A name in lower case without the closing dot.
fn folded(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// An IPv4 address in IPv6 notation (`::ffff:127.0.0.1`) as what it is.
fn unmapped(addr: IpAddr) -> IpAddr {
    match addr {
        IpAddr::V4(_) => addr,
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(addr, IpAddr::V4),
    }
}

fn is_in_v4(addr: Ipv4Addr, net: Ipv4Addr, bits: u8) -> bool {
    let shift = 32 - u32::from(bits.min(32));
    addr.to_bits().checked_shr(shift) == net.to_bits().checked_shr(shift)
}

fn is_in_v6(addr: Ipv6Addr, net: Ipv6Addr, bits: u8) -> bool {
    let shift = 128 - u32::from(bits.min(128));
    addr.to_bits().checked_shr(shift) == net.to_bits().checked_shr(shift)
}

/// A permission that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{entry}” is no host, host:port or address block such as 10.1.0.0/16")]
pub struct InvalidPermission {
    /// The permission as it was written.
    pub entry: String,
}

/// The rules with the permissions that widen them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guard {
    allowed: Vec<Allowed>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Allowed {
    /// A name or a number; without a port, every port.
    Host { host: String, port: Option<u16> },
    /// A block of addresses, every port.
    Block { net: IpAddr, bits: u8 },
}

impl Guard {
    /// The rules, widened by permissions: `host`, `host:port`, `[::1]:8080` or `10.1.0.0/16`.
    ///
    /// # Errors
    /// An [`InvalidPermission`] for the first one that cannot be read.
    pub fn new(allow: &[String]) -> Result<Self, InvalidPermission> {
        let allowed = allow.iter().map(|entry| {
            permission(entry.trim()).ok_or_else(|| InvalidPermission { entry: entry.clone() })
        });
        Ok(Self { allowed: allowed.collect::<Result<_, _>>()? })
    }

    /// Judges what an address says.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn vet_url(&self, url: &Url) -> Result<(), &'static str> {
        vet_form(url)?;
        let host = folded(url.host_str().unwrap_or_default());
        let number = number(url);
        let is_allowed = self.allowed.iter().any(|allowed| match allowed {
            Allowed::Host { host: name, port } => {
                *name == host && port.is_none_or(|port| url.port_or_known_default() == Some(port))
            }
            Allowed::Block { net, bits } => number.is_some_and(|addr| is_in(addr, *net, *bits)),
        });
        if is_allowed { Ok(()) } else { vet_url(url) }
    }

    /// Judges an address that a host name resolved to, or that a connection went to.
    ///
    /// # Errors
    /// What it is instead of an address on the public web.
    pub fn vet_answer(&self, host: &str, addr: SocketAddr) -> Result<(), &'static str> {
        let (host, addr) = (folded(host), addr.ip());
        let is_allowed = self.allowed.iter().any(|allowed| match allowed {
            Allowed::Host { host: name, .. } => *name == host,
            Allowed::Block { net, bits } => is_in(addr, *net, *bits),
        });
        if is_allowed { Ok(()) } else { vet_addr(addr) }
    }
}

fn number(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(addr) => Some(addr.into()),
        Host::Ipv6(addr) => Some(addr.into()),
        Host::Domain(_) => None,
    }
}

fn is_in(addr: IpAddr, net: IpAddr, bits: u8) -> bool {
    match (unmapped(addr), net) {
        (IpAddr::V4(addr), IpAddr::V4(net)) => is_in_v4(addr, net, bits),
        (IpAddr::V6(addr), IpAddr::V6(net)) => is_in_v6(addr, net, bits),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

fn permission(entry: &str) -> Option<Allowed> {
    if let Some((net, bits)) = entry.split_once('/') {
        let (net, bits): (IpAddr, u8) = (net.parse().ok()?, bits.parse().ok()?);
        let most = if net.is_ipv4() { 32 } else { 128 };
        return (bits <= most).then_some(Allowed::Block { net, bits });
    }
    // A number is written as in an address: IPv6 in brackets.
    let bare: Option<Ipv6Addr> = entry.parse().ok();
    let text = bare.map_or_else(|| format!("http://{entry}/"), |addr| format!("http://[{addr}]/"));
    let url =
        Url::parse(&text).ok().filter(|url| url.path() == "/" && url.username().is_empty())?;
    // The parser drops port 80 as the default one; it is still a wish for that port only.
    let port = url.port().or_else(|| entry.ends_with(":80").then_some(80));
    Some(Allowed::Host { host: folded(url.host_str()?), port })
}

#[cfg(test)]
mod tests;
