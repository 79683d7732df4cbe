//! Panics outside of calls: in what an authenticator or a service says of itself.

use std::sync::atomic::{AtomicBool, Ordering};

use toolgate_core::{authenticate::Challenge, protocol::code};

use super::*;

/// A service that fails where no call is running: while it says what it is.
struct Faceless(AtomicBool);

impl Service for Faceless {
    fn card(&self) -> Arc<Card> {
        // The first time is while the service is built.
        assert!(!self.0.swap(true, Ordering::Relaxed), "s3cr3t");
        Arc::new(open_card())
    }

    fn call(&self, _: Request, _: Context) -> BoxFuture<'_, Result<Running, Error>> {
        Box::pin(async { Ok(Running::Done(Reply::empty())) })
    }
}

#[tokio::test]
async fn a_panic_outside_of_calls_is_masked_and_logged_under_its_id() {
    let faceless = Arc::new(Faceless(AtomicBool::new(false)));
    let service = service(faceless).build().unwrap();
    let (got, lines) = logs::told(&service, list()).await;
    assert_eq!((got.status, got.header("cache-control")), (500, "no-store"));
    assert_eq!(got.json()["error"]["code"], code::INTERNAL_ERROR);
    let message = got.json()["error"]["message"].as_str().unwrap().to_owned();
    let id = message.strip_prefix("internal error ").unwrap();
    assert!(id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    let lines = lines.concat();
    assert!(lines.contains(id) && lines.contains("ERROR"), "{lines}");
    assert!(!format!("{:?}{}{lines}", got.headers, got.text).contains("s3cr3t"));
}

/// Nobody is let in, and a client still learns that it may log in; the log tells of the panic.
#[tokio::test]
async fn a_panic_while_making_challenges_leaves_the_refusal() {
    struct Mute;
    impl Authenticate for Mute {
        fn authenticate<'a>(&'a self, _: &'a Credentials) -> BoxFuture<'a, Verdict> {
            Box::pin(async { Verdict::Refused(Refusal::missing()) })
        }

        fn challenges(&self, _: &Refusal) -> Vec<Challenge> {
            panic!("s3cr3t")
        }
    }
    let (got, lines) = logs::told(&mounted(echo()).auth(Mute).build().unwrap(), list()).await;
    assert_eq!((got.status, &got.json()["id"]), (401, &json!(1)));
    assert!(got.headers["www-authenticate"].as_bytes().starts_with(b"Bearer"));
    assert!(lines.concat().contains("the authenticator panicked"), "{lines:?}");
    assert_eq!(got.json()["error"]["message"], "authentication is required");
    assert!(!format!("{:?}{}", got.headers, got.text).contains("s3cr3t"));
}
