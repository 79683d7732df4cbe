//! The certificate of a client whose TLS ends at a proxy: what the proxy says of it in a header, where
//! that proxy is believed.

use std::net::IpAddr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use toolgate_core::Networks;

use super::list;

/// How a proxy tells which certificate a client has proven to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateHeader {
    /// `Client-Cert`: DER in Base64, between colons (RFC 9440, section 2.2).
    ClientCert,
    /// A header of this name: PEM with percent-encoding, as `$ssl_client_escaped_cert` of nginx.
    EscapedPem(String),
    /// `X-Forwarded-Client-Cert` of Envoy: `Cert` in its one element. Envoy has to write it anew, as
    /// `SANITIZE_SET` does; of several elements none counts.
    Envoy,
}

/// The same, with a name that can be looked up, and whoever writes it.
#[derive(Clone, Debug)]
pub(crate) struct Relayed {
    name: HeaderName,
    read: fn(&str) -> Option<Vec<u8>>,
    by: Networks,
}

impl Relayed {
    /// None where the name is none of a header.
    pub(crate) fn new(header: &CertificateHeader, by: Networks) -> Option<Self> {
        type Read = fn(&str) -> Option<Vec<u8>>;
        let (name, read) = match header {
            CertificateHeader::ClientCert => ("client-cert", bytes as Read),
            CertificateHeader::EscapedPem(name) => (&**name, escaped as Read),
            CertificateHeader::Envoy => ("x-forwarded-client-cert", element as Read),
        };
        Some(Self { name: HeaderName::from_bytes(name.as_bytes()).ok()?, read, by })
    }

    /// Whether it is written by whoever is at the other end of the connection.
    pub(crate) fn is_told_by(&self, peer: IpAddr) -> bool {
        self.by.contains(peer)
    }

    /// The certificate, DER. None for a client that has none, and none where it is told twice or
    /// cannot be read.
    pub(crate) fn certificate(&self, fields: &HeaderMap) -> Option<Bytes> {
        let mut values = fields.get_all(&self.name).iter();
        let (value, None) = (values.next()?, values.next()) else { return None };
        let der = (self.read)(value.to_str().ok()?.trim_matches([' ', '\t']))?;
        (!der.is_empty()).then(|| der.into())
    }
}

/// A byte sequence of structured fields (RFC 9651, section 3.3.5), without parameters.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let inside = text.strip_prefix(':')?.strip_suffix(':')?;
    STANDARD.decode(inside).ok()
}

/// PEM (RFC 7468) with percent-encoding (RFC 3986, section 2.1): one certificate and nothing besides.
fn escaped(text: &str) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        plain.push(match byte {
            b'%' => {
                let (digits, after) = rest.split_at_checked(2)?;
                let digits = std::str::from_utf8(digits).ok()?;
                let all = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
                rest = after;
                u8::from_str_radix(digits, 16).ok().filter(|_| all)?
            }
            byte => *byte,
        });
    }
    let plain = String::from_utf8(plain).ok()?;
    let inside = plain.trim_ascii().strip_prefix("-----BEGIN CERTIFICATE-----")?;
    let inside = inside.strip_suffix("-----END CERTIFICATE-----")?;
    let lines: String = inside.split_ascii_whitespace().collect();
    STANDARD.decode(lines).ok()
}

/// One element of Envoy's header: pairs between semicolons, values with signs of their own in quotes.
fn element(text: &str) -> Option<Vec<u8>> {
    // Or a quote that the client left open would hide the element that Envoy appended.
    if !list::is_whole(text, b",;") {
        return None;
    }
    let mut elements = list::split(text, b',');
    let (element, None) = (elements.next()?, elements.next()) else { return None };
    let mut certificates = list::split(element, b';').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.eq_ignore_ascii_case("cert").then_some(value)
    });
    let (value, None) = (certificates.next()?, certificates.next()) else { return None };
    escaped(value.strip_prefix('"')?.strip_suffix('"')?)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const DER: &[u8] = b"a certificate, DER";
    /// The same as PEM, percent-encoded, as nginx and Envoy write it.
    const PEM: &str = "-----BEGIN%20CERTIFICATE-----%0AYSBjZXJ0aWZpY2F0%0AZSwgREVS%0A-----END%20CERTIFICATE-----%0A";

    fn read(header: CertificateHeader, values: &[&str]) -> bool {
        let relayed = Relayed::new(&header, Networks::default()).unwrap();
        let mut fields = HeaderMap::new();
        for value in values {
            fields.append(relayed.name.clone(), HeaderValue::from_str(value).unwrap());
        }
        let read = relayed.certificate(&fields);
        assert!(read.as_deref().is_none_or(|read| read == DER), "{values:?} {read:?}");
        read.is_some()
    }

    #[test]
    fn client_cert_is_a_byte_sequence() {
        let header = || CertificateHeader::ClientCert;
        let right = ":YSBjZXJ0aWZpY2F0ZSwgREVS:";
        assert!(read(header(), &[right]));
        for wrong in [
            &[][..],
            &[right, right],
            &["::"],
            &[":"],
            &["YSBjZXJ0aWZpY2F0ZSwgREVS"],
            &[":YSBjZXJ0aWZpY2F0ZSwgREVS:;a=1"],
            &[":YSBjZXJ0aWZpY2F0ZSwgREVS:, :YSBjZXJ0aWZpY2F0ZSwgREVS:"],
            &[":a certificate:"],
        ] {
            assert!(!read(header(), wrong), "{wrong:?}");
        }
    }

    #[test]
    fn an_escaped_certificate_is_one_block_of_pem() {
        let header = || CertificateHeader::EscapedPem("x-client-cert".into());
        assert!(read(header(), &[PEM]));
        assert!(read(header(), &[&PEM.replace("%20", " ")]), "what needs no escape may have none");
        let twice = format!("{PEM}{PEM}");
        for wrong in [
            "",
            "(null)",
            "YSBjZXJ0aWZpY2F0ZSwgREVS",
            &PEM.replace("CERTIFICATE", "PUBLIC%20KEY"),
            &PEM.replace("%0A-----END", "%0"),
            &PEM.replace("%20", "%2"),
            &PEM.replace("%20", "%+2"),
            &twice,
        ] {
            assert!(!read(header(), &[wrong]), "{wrong}");
        }
        assert!(!read(header(), &[PEM, PEM]));
        let nameless = CertificateHeader::EscapedPem("not a name".into());
        assert!(Relayed::new(&nameless, Networks::default()).is_none());
    }

    #[test]
    fn of_envoys_header_one_element_counts() {
        let header = || CertificateHeader::Envoy;
        let element = format!(r#"Hash=468ed33be7;Cert="{PEM}";Subject="CN=a,O=b;c";URI="#);
        assert!(read(header(), &[&element]));
        for wrong in [
            "Hash=468ed33be7",
            &format!("Cert={PEM}"),
            &format!(r#"Cert="{PEM}";Cert="{PEM}""#),
            &format!("{element},{element}"),
            &format!("By=x;Subject=\"CN=a\",{element}"),
            &format!(r#"Subject="Cert="{PEM}"""#),
            // What `APPEND_FORWARD` makes of a client's own header.
            &format!(r#"Cert="{PEM}";x=",By=a;Hash=b;Cert="c""#),
            &format!(r#"Cert="{PEM}";x=",By=a;Hash=b"#),
            &format!(r#"Cert="{PEM}";x=a",By=a;Hash=b"#),
        ] {
            assert!(!read(header(), &[wrong]), "{wrong}");
        }
    }
}
