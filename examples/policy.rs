//! One policy over all that a server has: by user, role, item and arguments. And a tool that needs a
//! login of the last quarter of an hour.
//!
//! Prints the endpoint, and a token each for ann, a guest, for ben, and for kim, who logged in long ago.

use std::time::{Duration, SystemTime};

use toolgate::{Act, Ask, Decision, prelude::*};
use toolgate_testkit::AuthorizationServer;

/// What both tools take: `ben/todo.txt` is ben's. As a text `ben/../ann/todo.txt` would be his too.
#[derive(Arguments)]
struct File {
    path: SafePath,
}

/// Guests see no way to delete. Others delete what is theirs, and keepers everything.
fn policy(ask: &Ask<'_>) -> Decision {
    let Some(identity) = ask.caller.identity() else { return Decision::NeedIdentity };
    let file = ask.arguments.and_then(|arguments| arguments.parse::<File>().ok());
    let owner = file.as_ref().and_then(|file| file.path.as_str().split('/').next());
    match (ask.item.name, ask.act) {
        ("delete_file", _) if ask.has_role("guest") => Decision::Hide,
        ("delete_file", Act::Use) if owner == Some(&*identity.key.subject) => Decision::Allow,
        ("delete_file", Act::Use) if !ask.has_role("keeper") => Decision::Forbid,
        _ => Decision::Allow,
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let issuer = AuthorizationServer::start().await?;
    let tokens = issuer.tokens();
    let http = http::listen().auth(jwt(issuer.issuer()).build()?).on_listen(move |at| {
        println!("endpoint: {}", at.endpoint);
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or(Duration::ZERO).as_secs();
        for (user, role, ago) in [("ann", "guest", 0), ("ben", "staff", 60), ("kim", "owner", 3600)]
        {
            let token = tokens.token(user).audience(&*at.endpoint).claim("roles", role);
            println!("{user}: {}", token.claim("auth_time", now.saturating_sub(ago)).sign());
        }
    });
    let fresh = Duration::from_secs(15 * 60);
    let delete = ToolSpec::new("delete_file").destructive(true).max_age(fresh);
    Server::new("files", "1.0.0")
        .tool_fn(ToolSpec::new("read_file"), |file: File, _| async move {
            Ok(format!("what stands in {}", file.path))
        })
        .tool_fn(delete, |file: File, _| async move { Ok(format!("{} is gone", file.path)) })
        .role_implies("owner", ["keeper"])
        .policy(policy)
        .serve(http)
        .await?;
    Ok(())
}
