//! nginx with the configuration of `docs/DEPLOY.md`, as somebody without rights.

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;

use crate::Result;
use crate::command::{output, program, succeeds};
use crate::server::Server;

/// Where it has its files. Its parents may be closed to it.
const FOLDER: &str = "target/proxy";

/// Where its configuration is shown.
const PAGE: &str = "docs/DEPLOY.md";

/// The addresses that the page has for nodes.
const SHOWN: [&str; 2] = ["10.0.0.11:8080", "10.0.0.12:8080"];

/// `nobody`, for whom root gives up what it may.
const NOBODY: u32 = 65534;

/// A running nginx; it ends with this value.
#[derive(Debug)]
pub(super) struct Nginx {
    _server: Server,
}

/// The authorities that the page has for clients' certificates.
const CLIENTS: &str = "/etc/nginx/clients.pem";

/// The nodes, as the page has them.
const APP: &str = "http://app/";

/// What it has of the certificates.
const FILES: [&str; 3] = ["ca.pem", "server.pem", "server.key"];

/// What stands before and behind what it is.
#[derive(Debug)]
pub(super) struct Around<'a> {
    /// Where it listens.
    pub(super) plain: &'a str,
    /// Where it listens with TLS.
    pub(super) secure: &'a str,
    /// The two stateless nodes.
    pub(super) nodes: [&'a str; 2],
    /// The node that keeps sessions.
    pub(super) sessions: &'a str,
    /// The node that is told of certificates.
    pub(super) bound: &'a str,
}

impl Nginx {
    /// Starts it, with the certificates of a folder.
    pub(super) fn start(around: &Around<'_>, certificates: &str) -> Result<Self> {
        if !succeeds(&mut program("nginx", "-v")) {
            return Err("nginx is missing; `cargo xtask tools` installs it".into());
        }
        let folder = Path::new(FOLDER);
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        let written = folder.join("nginx.conf");
        fs::write(&written, config(&fs::read_to_string(PAGE)?, around)?)?;
        for file in FILES {
            fs::copy(Path::new(certificates).join(file), folder.join(file))?;
        }
        // Every path is told from within the folder: it may not enter those above.
        let words = "-p ./ -c nginx.conf -e error.log";
        let mut command = if output(&mut program("id", "-u"))?.trim() == "0" {
            for path in [".", "nginx.conf"].into_iter().chain(FILES) {
                chown(folder.join(path), Some(NOBODY), Some(NOBODY))?;
            }
            let ids = format!("--reuid={NOBODY} --regid={NOBODY} --clear-groups nginx {words}");
            program("setpriv", &ids)
        } else {
            program("nginx", words)
        };
        let mut server = Server::start(command.current_dir(folder))?;
        let listens = server.listens(around.plain).and_then(|()| server.listens(around.secure));
        listens.map_err(|error| format!("nginx: {error}\n{}", Self::errors()))?;
        Ok(Self { _server: server })
    }

    /// What it has to complain of.
    pub(super) fn errors() -> String {
        fs::read_to_string(Path::new(FOLDER).join("error.log")).unwrap_or_default()
    }
}

/// The page's configuration with addresses that there are, and what the checks need beside it.
fn config(page: &str, around: &Around<'_>) -> Result<String> {
    let mut blocks = page.split("```nginx\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut block = || blocks.next().ok_or_else(|| format!("{PAGE} has no three blocks"));
    let (upstream, locations, clients) = (block()?, block()?, block()?);
    let Around { plain, secure, nodes: [one, other], sessions, bound } = around;
    let upstream = with(upstream, [(SHOWN[0], one), (SHOWN[1], other)])?;
    let clients = with(clients, [(CLIENTS, "ca.pem"), (APP, &format!("http://{bound}/"))])?;
    // The locations without certificates, in front of a node that believes what it is told of them.
    let others = locations.replace("http://app", &format!("http://{bound}"));
    // One process, so that ending it leaves none behind.
    Ok(format!(
        "daemon off;\nmaster_process off;\npid nginx.pid;\nevents {{}}\nhttp {{\n\
         access_log off;\nclient_body_temp_path body;\nproxy_temp_path held;\n\
         fastcgi_temp_path fastcgi;\nuwsgi_temp_path uwsgi;\nscgi_temp_path scgi;\n\
         {upstream}\
         server {{\nlisten {plain};\n\
         {locations}\
         location {SESSIONS} {{ proxy_pass http://{sessions}/; {HOST} }}\n\
         location {BARE} {{ proxy_pass http://app/; {HOST} }}\n\
         location {HASTY} {{ proxy_pass http://app/; {HOST} proxy_read_timeout 3s; }}\n\
         }}\n\
         server {{\nlisten {secure} ssl;\n\
         ssl_certificate server.pem;\nssl_certificate_key server.key;\nproxy_bind {SOURCE};\n\
         {clients}\
         {others}\
         }}\n}}\n"
    ))
}

/// A block with what there is in place of what is shown.
fn with(block: &str, places: [(&str, &str); 2]) -> Result<String> {
    let mut block = block.to_owned();
    for (shown, real) in places {
        if !block.contains(shown) {
            return Err(format!("{PAGE} does not name {shown}").into());
        }
        block = block.replace(shown, real);
    }
    Ok(block)
}

const HOST: &str = "proxy_set_header Host $http_host;";

/// Where the page has the nodes.
pub(super) const PREFIX: &str = "/prefix/";

/// Where the node with sessions is.
pub(super) const SESSIONS: &str = "/sessions/";

/// Where it asks clients for certificates, with TLS.
pub(super) const BOUND: &str = "/bound/";

/// The address that it connects to that node from: one that no other client of the node's has.
pub(super) const SOURCE: &str = "127.0.0.2";

/// Where nginx does what it does unless told otherwise, HTTP/1.0 to the nodes included.
pub(super) const BARE: &str = "/bare/";

/// Where it waits for a node's next byte for 3 seconds alone.
pub(super) const HASTY: &str = "/hasty/";

#[cfg(test)]
mod tests {
    use super::{APP, Around, CLIENTS};

    const AROUND: Around<'_> = Around {
        plain: "h:1",
        secure: "h:5",
        nodes: ["h:2", "h:3"],
        sessions: "h:4",
        bound: "h:6",
    };

    #[test]
    fn the_configuration_is_that_of_the_page() {
        let blocks = |blocks: &[&str]| {
            let block = |text| format!("a\n```nginx\n{text};\n```\n");
            let page: String = blocks.iter().map(block).collect();
            super::config(&page, &AROUND)
        };
        let (first, third) = ("A 10.0.0.11:8080 10.0.0.12:8080", format!("{CLIENTS} {APP}"));
        let config = blocks(&[first, "B http://app", &third]).unwrap();
        assert!(
            config.contains("\nA h:2 h:3;\nserver {\nlisten h:1;\nB http://app;\n"),
            "{config}"
        );
        assert!(config.contains("\nlisten h:5 ssl;\n"), "{config}");
        assert!(config.contains("\nca.pem http://h:6/;\nB http://h:6;\n}\n"), "{config}");
        for wrong in [&[first, "B"][..], &["A", "B", &third], &[first, "B", "C"]] {
            assert!(blocks(wrong).is_err(), "{wrong:?}");
        }
    }
}
