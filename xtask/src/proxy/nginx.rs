//! nginx with the configuration of `docs/DEPLOY.md`, as somebody without rights.

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;

use crate::Result;
use crate::command::{output, program, succeeds};
use crate::server::Server;

/// Where it has its files.
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

/// What stands before and behind what it is.
#[derive(Debug)]
pub(super) struct Around<'a> {
    /// Where it listens.
    pub(super) address: &'a str,
    /// The two stateless nodes.
    pub(super) nodes: [&'a str; 2],
    /// The node that keeps sessions.
    pub(super) sessions: &'a str,
}

impl Nginx {
    pub(super) fn start(around: &Around<'_>) -> Result<Self> {
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
        // Every path is told from within the folder: it may not enter those above.
        let words = "-p ./ -c nginx.conf -e error.log";
        let mut command = if output(&mut program("id", "-u"))?.trim() == "0" {
            for path in [folder, &written] {
                chown(path, Some(NOBODY), Some(NOBODY))?;
            }
            let ids = format!("--reuid={NOBODY} --regid={NOBODY} --clear-groups nginx {words}");
            program("setpriv", &ids)
        } else {
            program("nginx", words)
        };
        let mut server = Server::start(command.current_dir(folder))?;
        let listens = server.listens(around.address);
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
    let (upstream, locations) =
        blocks.next().zip(blocks.next()).ok_or_else(|| format!("{PAGE} has no two blocks"))?;
    let Around { address, nodes, sessions } = around;
    let mut upstream = upstream.to_owned();
    for (shown, node) in SHOWN.iter().zip(nodes) {
        if !upstream.contains(shown) {
            return Err(format!("{PAGE} does not name {shown}").into());
        }
        upstream = upstream.replace(shown, node);
    }
    // One process, so that ending it leaves none behind.
    Ok(format!(
        "daemon off;\nmaster_process off;\npid nginx.pid;\nevents {{}}\nhttp {{\n\
         access_log off;\nclient_body_temp_path body;\nproxy_temp_path held;\n\
         fastcgi_temp_path fastcgi;\nuwsgi_temp_path uwsgi;\nscgi_temp_path scgi;\n\
         {upstream}\
         server {{\nlisten {address};\n\
         {locations}\
         location {SESSIONS} {{ proxy_pass http://{sessions}/; {HOST} }}\n\
         location {BARE} {{ proxy_pass http://app/; {HOST} }}\n\
         location {HASTY} {{ proxy_pass http://app/; {HOST} proxy_read_timeout 3s; }}\n\
         }}\n}}\n"
    ))
}

const HOST: &str = "proxy_set_header Host $http_host;";

/// Where the page has the nodes.
pub(super) const PREFIX: &str = "/prefix/";

/// Where the node with sessions is.
pub(super) const SESSIONS: &str = "/sessions/";

/// Where nginx does what it does unless told otherwise, HTTP/1.0 to the nodes included.
pub(super) const BARE: &str = "/bare/";

/// Where it waits for a node's next byte for 3 seconds alone.
pub(super) const HASTY: &str = "/hasty/";

#[cfg(test)]
mod tests {
    use super::{Around, config};

    const AROUND: Around<'_> = Around { address: "h:1", nodes: ["h:2", "h:3"], sessions: "h:4" };

    #[test]
    fn the_configuration_is_that_of_the_page() {
        let page = "a\n```nginx\nA 10.0.0.11:8080 10.0.0.12:8080;\n```\nb\n```nginx\nB;\n```\n";
        let config = config(page, &AROUND).unwrap();
        assert!(config.contains("\nA h:2 h:3;\nserver {\nlisten h:1;\nB;\n"), "{config}");
        assert!(super::config("```nginx\nA;\n```\n```nginx\nB;\n```\n", &AROUND).is_err());
        assert!(super::config("```nginx\nA;\n```\n", &AROUND).is_err());
    }
}
