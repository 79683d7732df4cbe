//! What the probe finds: by which rule, whose rule that is, and what helps.

use std::fmt;

use super::{exchange::Exchange, legacy};

/// What a finding means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Weight {
    /// Allowed, and some clients stumble over it or do without something.
    Note,
    /// Clients fail here, or somebody gets in who should not.
    Broken,
}

macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $name:ident: $weight:ident, $standard:expr, $remedy:literal;)*) => {
        /// What can be the matter.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $($(#[doc = $doc])+ $name,)*
        }

        impl Rule {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// What it means.
            pub fn weight(self) -> Weight {
                match self { $(Self::$name => Weight::$weight,)* }
            }

            /// The section that asks for it.
            pub fn standard(self) -> &'static str {
                match self { $(Self::$name => $standard,)* }
            }

            /// What helps.
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)* }
            }
        }
    };
}

const ERRORS: &str = "MCP authorization, \"Error Handling\"";
const TOKENS: &str = "MCP authorization, \"Token Handling\"; RFC 8707, section 2";
const DISCOVERY: &str =
    "MCP authorization-server discovery, \"Protected Resource Metadata Discovery Requirements\"";
const ISSUERS: &str =
    "MCP authorization-server discovery, \"Authorization Server Metadata Discovery\"";
const RESOURCE: &str = "RFC 9728, section 3.3; MCP authorization, \"Canonical Server URI\"";
const ORIGIN: &str = "MCP streamable HTTP, \"Security & Endpoint\"";
const CORS: &str = "Fetch, \"CORS-preflight fetch\"";
const SESSIONS: &str = "MCP streamable HTTP before 2026-07-28, \"Session Management\"";

rules! {
    /// Nothing answers.
    Unreachable: Broken, "RFC 9110, section 4.2", "give the URL that clients use, and see that the server runs there";
    /// A request without a token is served.
    Unguarded: Broken, ERRORS, "authenticate every request, or say that the server is meant to be open";
    /// A request without a token is refused by another status than 401.
    OtherStatus: Broken, ERRORS, "answer 401: clients begin a login there and nowhere else";
    /// A 401 that asks for nothing.
    NoChallenge: Broken, "RFC 9110, section 15.5.2; RFC 6750, section 3", "send `WWW-Authenticate: Bearer resource_metadata=\"..\"`; where a proxy answers the 401, let it pass the field on";
    /// A challenge that cannot be read.
    BadChallenge: Broken, "RFC 9110, section 11.6.1", "write one scheme, a space, and parameters between commas, each value in quotes";
    /// No challenge of the scheme `Bearer`.
    NoBearer: Broken, "RFC 6750, section 3", "offer `Bearer` among the challenges";
    /// `Bearer` is not the first of several challenges.
    BearerLater: Note, "RFC 9110, section 11.6.1", "put `Bearer` first: some clients read the first challenge alone";
    /// An error code where nothing was sent that could be wrong.
    ErrorUnasked: Note, "RFC 6750, section 3.1", "leave `error` out where no token was sent: clients throw away tokens they never sent";
    /// The challenge does not say where the metadata is.
    NoMetadataUrl: Note, "RFC 9728, section 5.1", "add `resource_metadata`: older clients look nowhere else";
    /// The challenge names a place that clients do not go to.
    BadMetadataUrl: Broken, "RFC 9728, sections 3 and 5.1", "name an absolute https URL; behind a proxy set the public URL";
    /// No metadata where the challenge says.
    MetadataMissing: Broken, "RFC 9728, section 3.2", "serve the document there, with 200, to everybody, and without a redirect; behind a proxy forward `/.well-known/`";
    /// No metadata anywhere.
    NoMetadata: Broken, DISCOVERY, "serve the document below `/.well-known/oauth-protected-resource`: it stands between the host and the path";
    /// None at the well-known path of the endpoint, though there is some.
    NoPathForm: Note, "RFC 9728, section 3.1", "serve it there as well: clients that cannot read the challenge look there first";
    /// A document that is no JSON object.
    MetadataNoJson: Broken, "RFC 9728, section 3.2", "answer with one JSON object; a page of HTML is often what a front end answers for every path";
    /// A document of another media type.
    MetadataType: Note, "RFC 9728, section 3.2", "send `Content-Type: application/json`";
    /// `HEAD` of the document fails where `GET` does not.
    MetadataHead: Note, "RFC 9110, section 9.1", "answer `HEAD` as `GET`, without the body";
    /// Pages of other origins cannot read the document.
    MetadataForPages: Note, "Fetch, \"CORS protocol\"", "send `Access-Control-Allow-Origin: *`: the document is public";
    /// The document does not say of what it is.
    NoResource: Broken, "RFC 9728, section 2", "add `resource`";
    /// The document spells the resource in another way than its clients.
    ResourceSpelling: Broken, RESOURCE, "spell it as clients do, to the last slash: the same text in metadata, audience and documentation";
    /// The document is of another resource.
    OtherResource: Broken, RESOURCE, "set the public URL to the URL that clients use";
    /// Two documents of the server contradict each other.
    Contradiction: Broken, "RFC 9728, section 3.3", "serve one document in all places";
    /// Nobody issues tokens.
    NoIssuer: Broken, "MCP authorization-server discovery, \"Authorization Server Location\"", "add `authorization_servers` with at least one issuer";
    /// An issuer that is none.
    BadIssuer: Broken, "RFC 8414, section 2; RFC 9728, section 2", "write the issuer as an https URL without query and fragment, exactly as its tokens have it";
    /// Tokens are not taken where clients put them.
    NotInHeader: Broken, "RFC 9728, section 2; MCP authorization, \"Token Requirements\"", "list `header` in `bearer_methods_supported`";
    /// Scopes that are no list of names.
    BadScopes: Broken, "RFC 9728, section 2", "write `scopes_supported` as an array of strings";
    /// `offline_access` among the scopes.
    OfflineAccess: Note, "MCP authorization, \"Refresh Tokens\"", "leave it out: refresh tokens are between client and issuer";
    /// The issuer's metadata cannot be had.
    IssuerUnread: Broken, ISSUERS, "name an issuer that has metadata in one of the three places, reachable for clients, not only for the server";
    /// The metadata is of another issuer.
    IssuerMismatch: Broken, "RFC 8414, section 3.3", "write `authorization_servers` exactly as the issuer writes `issuer`, to the last slash";
    /// The issuer does not announce PKCE.
    NoPkce: Broken, "MCP authorization, \"Authorization Code Protection\"", "have it announce `\"code_challenge_methods_supported\": [\"S256\"]`: clients refuse to go on without";
    /// Nowhere to log in.
    NoEndpoints: Broken, "RFC 8414, section 2", "have the issuer announce `authorization_endpoint` and `token_endpoint`, with https";
    /// Clients that are not known beforehand cannot become known.
    NoRegistration: Note, "MCP client registration", "switch on client-id metadata documents or dynamic registration, or give each client an id by hand";
    /// The issuer does not name itself in redirects.
    NoIss: Note, "RFC 9207; MCP authorization, \"Authorization Response Validation\"", "switch on `iss` in authorization responses, if the issuer can";
    /// Pages cannot read the issuer's metadata.
    IssuerForPages: Note, "Fetch, \"CORS protocol\"", "allow the page's origin at the authorization server";
    /// Clients of 2025-03-26 find no authorization server.
    NoOldRoot: Note, legacy::AUTHORIZATION, "mirror the authorization server's metadata, if such clients matter";
    /// The authorization server at the origin is not one that the resource names.
    OldRootMismatch: Broken, "RFC 8414, section 3.3; RFC 9700, section 4.4", "mirror the metadata of an issuer in `authorization_servers`, or none";
    /// A page of any origin may call.
    ForeignOrigin: Broken, ORIGIN, "answer 403 to every `Origin` that is not named";
    /// A request for a foreign name of this machine is served.
    ForeignHost: Broken, "MCP streamable HTTP, \"Security & Endpoint\" (DNS rebinding)", "refuse a `Host` that is neither loopback nor the public URL's";
    /// A browser's question is refused.
    PreflightRefused: Broken, CORS, "answer `OPTIONS` before authentication, with 204: a preflight carries no token";
    /// The page is not among those allowed.
    PreflightOrigin: Broken, CORS, "name the page's origin in the server's settings for CORS";
    /// A method is not allowed to pages.
    PreflightMethod: Broken, CORS, "allow `POST`, `GET` and `DELETE`";
    /// A request header is not allowed to pages.
    PreflightHeader: Broken, "Fetch, \"CORS-preflight fetch\"; MCP streamable HTTP", "name each of them; `*` does not stand for `Authorization`";
    /// Pages cannot send proofs of possession.
    PreflightDpop: Note, "RFC 9449, section 4.1", "allow the header `DPoP`, if tokens may be bound to keys";
    /// Pages cannot read what they need to go on.
    NotExposed: Broken, "Fetch, \"CORS protocol and HTTP caches\"", "list `WWW-Authenticate` and `Mcp-Session-Id` in `Access-Control-Expose-Headers`, on refusals too";
    /// The right token is refused.
    RightRefused: Broken, TOKENS, "see what its challenge and the server's log say; compare `aud` with the metadata's `resource`";
    /// What comes back for the right token is no answer.
    NoAnswer: Broken, "JSON-RPC 2.0, section 5", "let the endpoint speak MCP";
    /// The scheme is taken in one spelling alone.
    SchemeCase: Note, "RFC 9110, section 11.1", "compare the scheme without regard to case";
    /// A made-up token is served.
    GarbageTaken: Broken, TOKENS, "verify tokens";
    /// A token for another server is served.
    AudienceTaken: Broken, TOKENS, "require this server's URL in `aud`";
    /// A token for no server in particular is served.
    NoAudienceTaken: Broken, TOKENS, "require `aud`: a check that runs only where there is one is none";
    /// A token of the past is served.
    ExpiredTaken: Broken, "RFC 7519, section 4.1.4", "require `exp`, and hold it against the clock";
    /// A token that somebody else signed is served.
    ForgedTaken: Broken, "RFC 7515, section 5.2", "verify signatures with the issuer's keys";
    /// A wrong token is refused by another status than 401.
    WrongStatus: Broken, ERRORS, "answer 401: a client with an old token renews it there and nowhere else";
    /// The answer to a wrong token does not say that it is the token.
    NoInvalidToken: Note, "RFC 6750, section 3.1", "add `error=\"invalid_token\"` to the challenge";
    /// A token in the URL is taken.
    QueryTaken: Broken, "MCP authorization, \"Token Requirements\"; OAuth 2.1, section 5.1", "read tokens from `Authorization` alone: URLs end up in logs";
    /// A session's id serves as a credential.
    SessionUnguarded: Broken, "MCP security best practices, \"Session Hijacking\"", "authenticate every request of a session";
    /// Somebody else's session is served.
    SessionTaken: Broken, "MCP security best practices, \"Session Hijacking\"", "bind sessions to issuer, subject and client";
    /// An unknown session is not answered with 404.
    SessionStatus: Broken, SESSIONS, "answer 404, whoever's it is: clients then begin another, and log in for nothing at 401";
    /// A stream is opened without a token.
    StreamUnguarded: Broken, ERRORS, "authenticate GET as well";
    /// A session can be ended without a token.
    DeleteUnguarded: Broken, ERRORS, "authenticate DELETE as well";
    /// The endpoint is open under another spelling of its path.
    SlashOpen: Broken, ERRORS, "put authentication around all paths that lead to the endpoint";
    /// The endpoint redirects to another spelling of its path.
    SlashRedirect: Note, "MCP authorization, \"Canonical Server URI\"", "serve the other spelling or answer 404: clients lose body or token on the way";
}

/// One thing that is the matter. `Display` is a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// By which rule.
    pub rule: Rule,
    /// Method and URL of the request that showed it.
    pub at: String,
    /// What was seen.
    pub why: String,
}

impl Finding {
    pub(super) fn new(rule: Rule, seen: &Exchange, why: impl Into<String>) -> Self {
        Self { rule, at: format!("{:?}", seen.ask), why: why.into() }
    }

    /// What it means.
    pub fn weight(&self) -> Weight {
        self.rule.weight()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, at, why } = self;
        write!(f, "{at}: {why} (Rule::{rule:?}; {}); {}", rule.standard(), rule.remedy())
    }
}
