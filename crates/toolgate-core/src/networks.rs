//! Addresses and networks by name.

use std::net::IpAddr;

/// Networks (RFC 4632, RFC 4291), each as its first address and the number of bits that count. None
/// unless made of some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<(IpAddr, u32)>);

impl Networks {
    /// Networks such as `10.0.0.0/8` and addresses such as `::1`.
    ///
    /// # Errors
    /// The first text that is neither an address nor a network.
    pub fn read<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> Result<Self, String> {
        let read = |text: S| network(text.as_ref()).ok_or_else(|| text.as_ref().to_owned());
        texts.into_iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an address is in one of them. An IPv4 address that is written as IPv6 counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|(first, bits)| is_in(address, *first, *bits))
    }
}

fn network(text: &str) -> Option<(IpAddr, u32)> {
    let Some((first, bits)) = text.split_once('/') else {
        let address: IpAddr = text.parse().ok()?;
        let address = address.to_canonical();
        return Some((address, width(address)));
    };
    let (first, bits): (IpAddr, u32) = (first.parse().ok()?, bits.parse().ok()?);
    // A first address with bits behind those that count is a slip of one or the other.
    (bits <= width(first) && lowest(first, bits) == first).then_some((first, bits))
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn is_in(address: IpAddr, first: IpAddr, bits: u32) -> bool {
    address.is_ipv4() == first.is_ipv4() && lowest(address, bits) == lowest(first, bits)
}

/// The first address of the network of so many bits that an address is in.
fn lowest(address: IpAddr, bits: u32) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(bits)).unwrap_or(0);
            IpAddr::V4((address.to_bits() & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(bits)).unwrap_or(0);
            IpAddr::V6((address.to_bits() & mask).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_in_their_networks_alone() {
        let rows: [(&str, &[&str], &[&str]); 7] = [
            ("10.1.2.3", &["10.1.2.3", "::ffff:10.1.2.3"], &["10.1.2.4", "::a01:203"]),
            ("10.0.0.0/8", &["10.0.0.0", "10.255.255.255"], &["11.0.0.0", "9.255.255.255"]),
            ("10.1.2.0/31", &["10.1.2.0", "10.1.2.1"], &["10.1.2.2"]),
            ("0.0.0.0/0", &["0.0.0.0", "255.255.255.255"], &["::1"]),
            ("::1", &["::1"], &["::2", "127.0.0.1"]),
            ("fd00::/8", &["fd00::1", "fdff::"], &["fe00::", "10.0.0.1"]),
            ("::ffff:10.1.2.3", &["10.1.2.3"], &["10.1.2.4"]),
        ];
        for (network, inside, outside) in rows {
            let peers = Networks::read([network]).unwrap();
            assert!(inside.iter().all(|it| peers.contains(it.parse().unwrap())), "{network}");
            assert!(!outside.iter().any(|it| peers.contains(it.parse().unwrap())), "{network}");
        }
    }

    #[test]
    fn what_is_no_network_is_told() {
        for text in [
            "",
            "gateway",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "1.2.3",
        ] {
            assert_eq!(Networks::read([text]).unwrap_err(), text);
        }
        assert!(Networks::read([""; 0]).unwrap().is_empty());
    }
}
