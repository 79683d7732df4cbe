//! How much of anything one peer may have.

use std::{fmt, time::Duration};

use toolgate_core::{
    StartError,
    env::{self, Env},
};

use super::rate::Rate;

/// Failed authentications of one address.
const FAILURES: Rate = Rate::per_minute(300);

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident: $kind:ty = $default:expr;)*) => {
        /// Bounds on what peers may use. The defaults suit a public server.
        ///
        /// ```
        /// use toolgate_transport::http::Limits;
        ///
        /// let limits = Limits::default().body(64 * 1024).calls_per_caller(8);
        /// ```
        #[derive(Clone)]
        #[non_exhaustive]
        pub struct Limits {
            $(pub(crate) $name: $kind,)*
            /// What was set in code, and so wins over the environment.
            set: Vec<&'static str>,
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($name: $default,)* set: Vec::new() }
            }
        }

        impl Limits {
            $($(#[$doc])*
            #[must_use]
            pub fn $name(mut self, $name: $kind) -> Self {
                self.$name = $name;
                self.set.push(stringify!($name));
                self
            })*
        }

        impl fmt::Debug for Limits {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("Limits")$(.field(stringify!($name), &self.$name))*.finish()
            }
        }
    };
}

limits! {
    /// The largest request body, in bytes. 4 MiB; 413 beyond.
    body: usize = 4 << 20;
    /// How deep JSON may nest. 64.
    json_depth: usize = 64;
    /// All header fields of a request together, in bytes. 32 KiB; 431 beyond. The listener needs
    /// 8 KiB or more.
    header_bytes: usize = 32 << 10;
    /// How many header fields a request may have. 100; 431 beyond.
    header_count: usize = 100;
    /// Calls that one caller may have running. 64; 429 beyond. Callers without identity are told
    /// apart by address, where it is known; behind a proxy that is not among
    /// [`trusted_proxies`](super::Http::trusted_proxies) that is the proxy's, for all of them.
    calls_per_caller: usize = 64;
    /// Subscriptions that one caller may have open, beside the calls, and streams of its sessions.
    /// 64; 429 beyond. A subscription whose reader takes nothing for as long as a call may last is
    /// ended.
    streams_per_caller: usize = 64;
    /// The same of all callers. 4096; 429 beyond.
    streams: usize = 4096;
    /// Resources that one session may watch, in revisions before 2026-07-28. 64.
    subscriptions: usize = 64;
    /// Questions that one session may have open, in revisions before 2026-07-28. 32; more are refused.
    /// With 0 nothing is asked.
    questions: usize = 32;
    /// The longest that such a question may be open, which the call's own time does not count. 540 s:
    /// a minute less than a server takes answers, unless it was told otherwise.
    answer: Duration = Duration::from_secs(540);
    /// The longest that a request may take, from its head to the end of its reply. 300 s.
    call: Duration = Duration::from_secs(300);
    /// The longest that an authenticator may take. 30 s; 503 beyond.
    authentication: Duration = Duration::from_secs(30);
    /// How often it is asked while a stream is open whether its caller was shut out, where nothing
    /// tells that sooner. 30 s.
    recheck: Duration = Duration::from_secs(30);
    /// Failed authentications of one address, where it is known; IPv6 addresses by their /64. 300 a
    /// minute; none for any number. Beyond, whoever is refused is told 429 in place of 401, and no
    /// authorization server is asked about tokens that are new here; whose credentials are right is
    /// let in all the same. What was not sent or has expired does not count.
    /// `TOOLGATE_FAILURES_PER_MINUTE`.
    ///
    /// Behind a proxy it takes [`trusted_proxies`](super::Http::trusted_proxies) for callers to be
    /// told apart. The table of addresses has 65,536 places and takes 1 MiB.
    failures: Option<Rate> = Some(FAILURES);
    /// The longest that a client may take to send a request's head, and for which a connection may
    /// have nothing to do. 10 s.
    head_timeout: Duration = Duration::from_secs(10);
    /// The longest that the handshake of a TLS connection may take. 10 s.
    handshake: Duration = Duration::from_secs(10);
    /// The longest that a client may take to send a request's body. 30 s; 408 beyond.
    body_timeout: Duration = Duration::from_secs(30);
    /// Connections that the listener holds open. 4096; further ones wait to be accepted. At most half
    /// of them may be in a TLS handshake; what comes beyond is closed.
    connections: usize = 4096;
    /// Of these, connections of one address; IPv6 addresses by their /64. 1024; further ones are
    /// closed. Proxies that are [`trusted_proxies`](super::Http::trusted_proxies) have as many as they
    /// want. `TOOLGATE_CONNECTIONS_PER_ADDRESS`.
    connections_per_address: usize = 1024;
    /// Of a refused request's body, how many bytes are read so that the client sees the refusal.
    /// 32 MiB.
    discard_bytes: u64 = 32 << 20;
    /// And for how long. 15 s.
    discard_time: Duration = Duration::from_secs(15);
    /// Refused bodies that are being read so at one time. 256; beyond, connections are just closed.
    discards: usize = 256;
    /// For how long `/ready` says no before the listener stops accepting, so that a load balancer
    /// notices. None.
    notice: Duration = Duration::ZERO;
    /// How long running calls have to finish after that. 30 s.
    drain: Duration = Duration::from_secs(30);
    /// The interval of keep-alive comments in event streams. 15 s.
    keep_alive: Duration = Duration::from_secs(15);
}

impl Limits {
    /// Takes from the environment what was not set in code.
    pub(crate) fn fill(&mut self, env: &Env) -> Result<(), StartError> {
        let seconds = |value: Option<u64>| value.map(Duration::from_secs);
        let unset = |name| !self.set.contains(&name);
        let body = env.parsed(env::MAX_BODY)?.filter(|_| unset("body"));
        let call = seconds(env.parsed(env::CALL_TIMEOUT)?).filter(|_| unset("call"));
        let calls = env.parsed(env::CALLS_PER_CALLER)?.filter(|_| unset("calls_per_caller"));
        let connections = env.parsed(env::CONNECTIONS)?.filter(|_| unset("connections"));
        let each = env.parsed(env::CONNECTIONS_PER_ADDRESS)?;
        let each = each.filter(|_| unset("connections_per_address"));
        if let Some(text) = env.text(env::FAILURES_PER_MINUTE)?.filter(|_| unset("failures")) {
            self.failures = match &*text {
                "none" => None,
                _ => env.parsed(env::FAILURES_PER_MINUTE)?.map(Rate::per_minute),
            };
        }
        self.body = body.unwrap_or(self.body);
        self.call = call.unwrap_or(self.call);
        self.calls_per_caller = calls.unwrap_or(self.calls_per_caller);
        self.connections = connections.unwrap_or(self.connections);
        self.connections_per_address = each.unwrap_or(self.connections_per_address);
        Ok(())
    }

    /// Limits under which nothing could be served, by name.
    pub(crate) fn impossible(&self) -> Vec<&'static str> {
        let zero = Duration::ZERO;
        let rows = [
            ("body", self.body == 0),
            ("json_depth", self.json_depth == 0),
            ("header_bytes", self.header_bytes == 0),
            ("header_count", self.header_count == 0),
            ("calls_per_caller", self.calls_per_caller == 0),
            ("streams_per_caller", self.streams_per_caller == 0),
            ("answer", self.answer == zero),
            ("call", self.call == zero),
            ("authentication", self.authentication == zero),
            ("recheck", self.recheck == zero),
            ("failures", self.failures.is_some_and(|rate| rate.is_nothing())),
            ("head_timeout", self.head_timeout == zero),
            ("handshake", self.handshake == zero),
            ("body_timeout", self.body_timeout == zero),
            ("connections", self.connections == 0),
            ("connections_per_address", self.connections_per_address == 0),
            ("keep_alive", self.keep_alive == zero),
        ];
        rows.into_iter().filter_map(|(name, bad)| bad.then_some(name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_the_table() {
        let limits = Limits::default();
        assert_eq!(limits.body.to_string(), env::MAX_BODY.default);
        assert_eq!(limits.call.as_secs().to_string(), env::CALL_TIMEOUT.default);
        assert_eq!(limits.calls_per_caller.to_string(), env::CALLS_PER_CALLER.default);
        assert_eq!(limits.connections.to_string(), env::CONNECTIONS.default);
        let each = limits.connections_per_address.to_string();
        assert_eq!(each, env::CONNECTIONS_PER_ADDRESS.default);
        let failures = env::FAILURES_PER_MINUTE.default.parse().map(Rate::per_minute);
        assert_eq!(limits.failures, failures.ok());
        assert!(limits.impossible().is_empty());
    }

    #[test]
    fn code_wins_over_the_environment() {
        let env = Env::of([
            ("TOOLGATE_MAX_BODY", "7"),
            ("TOOLGATE_CALL_TIMEOUT", "8"),
            ("TOOLGATE_CONNECTIONS_PER_ADDRESS", "9"),
        ]);
        let mut limits = Limits::default().call(Duration::from_secs(300));
        limits.fill(&env).unwrap();
        assert_eq!((limits.body, limits.call.as_secs()), (7, 300));
        assert_eq!(limits.connections_per_address, 9);
        for (text, rate) in [("7", Some(Rate::per_minute(7))), ("none", None)] {
            let env = Env::of([("TOOLGATE_FAILURES_PER_MINUTE", text)]);
            let mut limits = Limits::default();
            limits.fill(&env).unwrap();
            assert_eq!(limits.failures, rate);
        }
        let wrong = Env::of([("TOOLGATE_FAILURES_PER_MINUTE", "many")]);
        assert!(Limits::default().fill(&wrong).is_err());
        assert_eq!(
            Limits::default().failures(Some(Rate::per_minute(0))).impossible(),
            ["failures"]
        );
        assert_eq!(Limits::default().body(0).impossible(), ["body"]);
    }
}
