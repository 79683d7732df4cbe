//! Where an endpoint is: its own path, and the names that the world knows it by.

use std::net::SocketAddr;

use http::{StatusCode, request::Parts};

use super::{
    answer::Problem,
    certificate::Relayed,
    cors::{self, Page, Rules},
    host::{BadHost, Hosts},
    legacy::mirrored,
    limits::Limits,
    metadata::WELL_KNOWN,
    proxies::Proxies,
    shown::Shown,
    url::PublicUrl,
};

pub(crate) const HEALTH: &str = "/health";
pub(crate) const READY: &str = "/ready";

/// Where requests come in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// Through somebody else's server.
    Mounted,
    /// At an address of our own.
    Bound(SocketAddr),
}

impl Place {
    pub(crate) fn is_loopback(self) -> bool {
        matches!(self, Self::Bound(addr) if addr.ip().to_canonical().is_loopback())
    }

    /// Whether others than this machine reach it by an address of our own.
    pub(crate) fn is_exposed(self) -> bool {
        matches!(self, Self::Bound(_)) && !self.is_loopback()
    }
}

/// All that is known of it before the first request.
#[derive(Debug, Default)]
pub(crate) struct Site {
    /// Where the endpoint is, for a listener.
    pub(crate) path: String,
    /// Where the transport is that streamable HTTP has replaced, for those who serve it.
    pub(crate) sse: Option<Sse>,
    /// The URL that clients know.
    pub(crate) public: Option<PublicUrl>,
    /// The same as text: the resource identifier.
    pub(crate) resource: Option<String>,
    /// What clients put before scopes to ask for them.
    pub(crate) scope_prefix: Option<String>,
    /// Where the metadata document is, when there is one.
    pub(crate) metadata_url: Option<String>,
    /// Whether an authorization server's metadata is shown here.
    pub(crate) mirrors: bool,
    pub(crate) hosts: Hosts,
    pub(crate) cors: Option<Rules>,
    pub(crate) shown: Vec<Shown>,
    pub(crate) proxies: Proxies,
    /// How those tell the certificates of callers, where they do.
    pub(crate) relayed: Option<Relayed>,
}

/// A second place beside the endpoint.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sse {
    /// Where it is, for a listener.
    path: String,
    /// The path that clients reach it under; none where it is not known what stands in front.
    pub(crate) reached: Option<String>,
    /// The URL, where that is known, too.
    pub(crate) url: Option<String>,
}

impl Sse {
    /// One at `path`, beside an endpoint at `beside`. What the public URL has before the path of the
    /// endpoint stands before this one as well.
    pub(crate) fn new(path: &str, beside: &str, public: Option<&PublicUrl>, place: Place) -> Self {
        let reached = match (public, place) {
            (Some(public), _) => public.path.strip_suffix(beside),
            (None, Place::Bound(_)) => Some(""),
            (None, Place::Mounted) => None,
        };
        let reached = reached.map(|prefix| format!("{}{path}", prefix.trim_end_matches('/')));
        let url = public.zip(reached.as_ref()).map(|(url, path)| format!("{}{path}", url.origin));
        Self { path: path.to_owned(), reached, url }
    }
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Endpoint,
    Sse,
    Metadata,
    Mirrored,
    Health,
    Ready,
}

impl Site {
    pub(crate) fn route(&self, path: &str) -> Option<Route> {
        match path {
            HEALTH => Some(Route::Health),
            READY => Some(Route::Ready),
            mirrored::WELL_KNOWN if self.mirrors => Some(Route::Mirrored),
            path if path == self.path => Some(Route::Endpoint),
            path if self.sse.as_ref().is_some_and(|sse| path == sse.path) => Some(Route::Sse),
            path => {
                let suffix = path.strip_prefix(WELL_KNOWN)?;
                let public = self.public.as_ref().map(PublicUrl::suffix);
                let ours = suffix.is_empty() || suffix == self.path || Some(suffix) == public;
                ours.then_some(Route::Metadata)
            }
        }
    }

    /// Judges whom a request is for and which page sent it.
    pub(crate) fn judge(&self, head: &Parts) -> Result<Page, Box<Problem>> {
        let host = self.hosts.judge(&head.uri, &head.headers).map_err(bad_host)?;
        let public = self.public.as_ref().map(|url| &url.origin);
        cors::judge(&head.headers, &host, public, self.cors.as_ref()).map_err(|cors::Foreign| {
            Problem::new(StatusCode::FORBIDDEN, "pages of this origin may not call")
                .remedy("cors, TOOLGATE_CORS_ORIGINS")
        })
    }

    /// Judges whom a request for a public document is for; any page may read it.
    pub(crate) fn judge_document(&self, head: &Parts) -> Result<(), Box<Problem>> {
        self.hosts.judge(&head.uri, &head.headers).map(drop).map_err(bad_host)
    }
}

fn bad_host(bad: BadHost) -> Box<Problem> {
    Problem::new(StatusCode::FORBIDDEN, bad.reason())
        .remedy("public_url, TOOLGATE_PUBLIC_URL; hosts, TOOLGATE_HOSTS")
}

/// Judges how much head a request has. The listener bounds it too, while it arrives; where the
/// service is mounted, somebody else's server read it.
pub(crate) fn judge_size(head: &Parts, limits: &Limits) -> Result<(), Box<Problem>> {
    // Name, value, colon, space and line end.
    let size = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    let target = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
    if head.headers.len() > limits.header_count
        || size.sum::<usize>() + target > limits.header_bytes
    {
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        let problem = Problem::new(status, "the request has too many or too large header fields");
        return Err(problem.remedy("limits: header_count, header_bytes"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn paths_lead_to_the_endpoint_and_to_its_documents() {
        let site = Site {
            path: "/mcp".into(),
            public: PublicUrl::read("https://h/public/mcp", "/mcp").ok(),
            ..Site::default()
        };
        let rows = [
            ("/mcp", Some(Route::Endpoint)),
            ("/mcp/", None),
            ("/", None),
            ("/health", Some(Route::Health)),
            ("/ready", Some(Route::Ready)),
            ("/.well-known/oauth-protected-resource", Some(Route::Metadata)),
            ("/.well-known/oauth-protected-resource/mcp", Some(Route::Metadata)),
            ("/.well-known/oauth-protected-resource/public/mcp", Some(Route::Metadata)),
            ("/.well-known/oauth-protected-resource/other", None),
            ("/.well-known/oauth-protected-resourcemcp", None),
        ];
        for (path, route) in rows {
            assert_eq!(site.route(path), route, "{path}");
        }
    }

    #[test]
    fn a_second_place_is_reached_as_the_endpoint_is() {
        let bound = Place::Bound(([127, 0, 0, 1], 80).into());
        let rows = [
            (Some("https://h/mcp"), bound, Some("/sse"), Some("https://h/sse")),
            (
                Some("https://h/public/mcp"),
                bound,
                Some("/public/sse"),
                Some("https://h/public/sse"),
            ),
            (Some("https://h/public/mcp"), Place::Mounted, Some("/public/sse"), None),
            (Some("https://h/other"), bound, None, None),
            (None, bound, Some("/sse"), None),
            (None, Place::Mounted, None, None),
        ];
        for (public, place, reached, url) in rows {
            let public = public.map(|url| PublicUrl::read(url, "/mcp").unwrap());
            let sse = Sse::new("/sse", "/mcp", public.as_ref(), place);
            assert_eq!(sse.reached.as_deref(), reached, "{public:?} {place:?}");
            assert!(url.is_none() || sse.url.as_deref() == url, "{sse:?}");
            let site = Site { path: "/mcp".into(), sse: Some(sse), ..Site::default() };
            assert_eq!((site.route("/sse"), site.route("/sse/")), (Some(Route::Sse), None));
        }
        assert_eq!(Site::default().route("/sse"), None);
        let root = PublicUrl::read("https://h", "/").ok();
        let sse = Sse::new("/sse", "/", root.as_ref(), bound);
        assert_eq!(sse.url.as_deref(), Some("https://h/sse"));
    }

    #[test]
    fn heads_are_bounded_in_fields_and_bytes() {
        let limits = Limits::default().header_count(3).header_bytes(100);
        let judge = |fields: usize, size: usize| {
            let mut request = Request::get("/mcp");
            for n in 0..fields {
                request = request.header(format!("x-{n}"), "x".repeat(size));
            }
            let (head, ()) = request.body(()).unwrap().into_parts();
            judge_size(&head, &limits).map_err(|problem| problem.status.as_u16())
        };
        assert_eq!((judge(3, 1), judge(4, 1), judge(1, 200)), (Ok(()), Err(431), Err(431)));
    }
}
