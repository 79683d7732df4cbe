//! Names of methods and notifications, and which of them mirror a parameter into `Mcp-Name`.

use std::borrow::Cow;

/// `server/discover`.
pub const DISCOVER: &str = "server/discover";
/// `tools/list`.
pub const TOOLS_LIST: &str = "tools/list";
/// `tools/call`.
pub const TOOLS_CALL: &str = "tools/call";
/// `prompts/get`.
pub const PROMPTS_GET: &str = "prompts/get";
/// `prompts/list`.
pub const PROMPTS_LIST: &str = "prompts/list";
/// `resources/list`.
pub const RESOURCES_LIST: &str = "resources/list";
/// `resources/templates/list`.
pub const TEMPLATES_LIST: &str = "resources/templates/list";
/// `completion/complete`.
pub const COMPLETE: &str = "completion/complete";
/// `resources/read`.
pub const RESOURCES_READ: &str = "resources/read";
/// `subscriptions/listen`.
pub const LISTEN: &str = "subscriptions/listen";
/// `notifications/subscriptions/acknowledged`.
pub const ACKNOWLEDGED: &str = "notifications/subscriptions/acknowledged";
/// `notifications/tools/list_changed`.
pub const TOOLS_CHANGED: &str = "notifications/tools/list_changed";
/// `notifications/prompts/list_changed`.
pub const PROMPTS_CHANGED: &str = "notifications/prompts/list_changed";
/// `notifications/resources/list_changed`.
pub const RESOURCES_CHANGED: &str = "notifications/resources/list_changed";
/// `notifications/resources/updated`.
pub const RESOURCE_UPDATED: &str = "notifications/resources/updated";
/// `elicitation/create`, which a server asks.
pub const ELICIT: &str = "elicitation/create";
/// `sampling/createMessage`, which a server asks.
pub const SAMPLE: &str = "sampling/createMessage";
/// `roots/list`, which a server asks.
pub const ROOTS: &str = "roots/list";
/// `notifications/progress`.
pub const PROGRESS: &str = "notifications/progress";
/// `notifications/message`.
pub const MESSAGE: &str = "notifications/message";
/// `notifications/cancelled`.
pub const CANCELLED: &str = "notifications/cancelled";

/// The parameter that a core method mirrors into the `Mcp-Name` header (transports, "Standard
/// request headers").
pub fn mirrored_name(method: &str) -> Option<&'static str> {
    match method {
        TOOLS_CALL | PROMPTS_GET => Some("name"),
        RESOURCES_READ => Some("uri"),
        _ => None,
    }
}

/// The name of a method that was read off the wire, where the specification has it; `other` for the
/// rest, which is the peer's text.
#[expect(clippy::ptr_arg, reason = "only known methods are borrowed")]
pub fn known(method: &Cow<'static, str>) -> &'static str {
    match method {
        Cow::Borrowed(known) => known,
        Cow::Owned(_) => "other",
    }
}

/// The name without an allocation where it is a known one.
pub(crate) fn intern(method: &str) -> Cow<'static, str> {
    const KNOWN: &[&str] = &[
        TOOLS_CALL,
        TOOLS_LIST,
        DISCOVER,
        PROMPTS_GET,
        PROMPTS_LIST,
        RESOURCES_READ,
        RESOURCES_LIST,
        TEMPLATES_LIST,
        COMPLETE,
        LISTEN,
        CANCELLED,
    ];
    match KNOWN.iter().find(|known| **known == method) {
        Some(known) => Cow::Borrowed(known),
        None => Cow::Owned(method.to_owned()),
    }
}
