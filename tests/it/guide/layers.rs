//! What is kept is kept for its caller, and redacted.

use serde_json::json;

use super::{client, middleware, text};

#[tokio::test]
async fn an_answer_is_kept_for_its_caller_and_without_addresses() {
    let ann = client(middleware::server());
    let find = json!({"name": "eve"});
    let told = |look_up: u32| format!("eve, [address], found by look-up {look_up}");
    assert_eq!(text(&ann, "find", find.clone()).await, told(1));
    assert_eq!(text(&ann, "find", find.clone()).await, told(1));
    let bob = ann.as_user("bob", toolgate_core::Scopes::none());
    assert_eq!(text(&bob, "find", find).await, told(2), "what another was told is not for bob");
}
