//! A server under Cedar policies, asked as a transport would ask it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use toolgate_cedar::Cedar;
use toolgate_core::{
    Context, Denial, Error, Identity, IntoService, Key, Request, Service, protocol::Json,
};
use toolgate_server::{PromptSpec, ResourceSpec, Server, ToolSpec};

#[derive(Deserialize, JsonSchema)]
struct Args {
    #[serde(default)]
    #[expect(dead_code, reason = "policies read it, not the tool")]
    path: Option<String>,
}

/// A server with two tools, a resource, a family and a prompt.
fn serve(cedar: Cedar) -> Arc<dyn Service> {
    let tool = |_: Args, _: Context| async { Ok("done") };
    let server = Server::new("files", "1")
        .role_implies("admin", ["editor"])
        .scope_implies("files", ["files:read"])
        .tool_fn(ToolSpec::new("read_file"), tool)
        .tool_fn(ToolSpec::new("delete_file").listed(true), tool)
        .resource_fn(ResourceSpec::new("files://about").name("about"), |(), _| async { Ok("x") })
        .resource_fn(ResourceSpec::new("files://all/{path}").name("file"), |_: Args, _| async {
            Ok("x")
        })
        .prompt_fn(PromptSpec::new("tidy"), |(), _| async { Ok("x") })
        .policy(cedar);
    server.into_service().unwrap()
}

fn under(policies: &str) -> Arc<dyn Service> {
    serve(Cedar::new(policies).unwrap())
}

fn ann() -> Identity {
    Identity::new(Key::new("https://id.example", "ann").client("desk"))
}

fn ben() -> Identity {
    Identity::new(Key::new("https://id.example", "ben"))
}

async fn ask(
    service: &Arc<dyn Service>,
    who: Identity,
    method: &'static str,
    params: Value,
) -> Result<Value, Error> {
    let request = Request::new(method, Json::of(&params).unwrap());
    let reply = service.call(request, Context::new(who.into())).await?.reply().await?;
    Ok(reply.fields.to_object().parse().unwrap())
}

async fn call(
    service: &Arc<dyn Service>,
    who: Identity,
    tool: &str,
    arguments: Value,
) -> Result<Value, Error> {
    ask(service, who, "tools/call", json!({"name": tool, "arguments": arguments})).await
}

async fn tools(service: &Arc<dyn Service>, who: Identity) -> Vec<String> {
    let list = ask(service, who, "tools/list", json!({})).await.unwrap();
    let names = list["tools"].as_array().unwrap().iter();
    names.map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

fn denial<T: std::fmt::Debug>(told: Result<T, Error>) -> Option<Denial> {
    told.unwrap_err().denial().cloned()
}

#[tokio::test]
async fn principals_actions_and_resources_have_the_stated_names() {
    let rows = [
        r#"principal == User::"https://id.example#ann""#,
        r#"principal in Role::"editor""#,
        r#"principal in Role::"admin""#,
    ];
    for principal in rows {
        let service = under(&format!("permit({principal}, action, resource);"));
        let admin = || ann().roles(["admin"]);
        call(&service, admin(), "read_file", json!({})).await.unwrap();
        for other in [
            Identity::new(Key::new("https://other.example", "ann")).roles(["reader"]),
            Identity::new(Key::new("https://id.example", "ben")),
        ] {
            assert!(tools(&service, other.clone()).await.is_empty(), "{principal}");
            let told = call(&service, other, "read_file", json!({})).await.unwrap_err();
            assert_eq!((told.message(), told.denial()), ("unknown tool", None));
        }
    }
    let uses = [
        ("tools/call", json!({"name": "read_file"}), "call", r#"Tool::"read_file""#),
        ("resources/read", json!({"uri": "files://about"}), "read", r#"Resource::"files://about""#),
        (
            "resources/read",
            json!({"uri": "files://all/a"}),
            "read",
            r#"Template::"files://all/{path}""#,
        ),
        ("prompts/get", json!({"name": "tidy"}), "get", r#"Prompt::"tidy""#),
    ];
    for (method, params, action, resource) in uses {
        let named = |action: &str, resource: &str| {
            under(&format!(
                r#"permit(principal, action == Action::"{action}", resource == {resource});"#
            ))
        };
        ask(&named(action, resource), ann(), method, params.clone()).await.unwrap();
        ask(&named("other", resource), ann(), method, params.clone()).await.unwrap_err();
        ask(&named(action, r#"Tool::"other""#), ann(), method, params).await.unwrap_err();
    }
}

#[tokio::test]
async fn attributes_say_who_asks_with_what() {
    let service = under(
        r#"permit(principal, action, resource) when {
            principal.issuer == "https://id.example" && principal.subject == "ann"
            && principal.client == "desk" && principal.acr == "phr"
            && principal.scopes.containsAll(["files", "files:read"])
            && principal.roles.contains("editor")
            && context.login_age >= 60 && context.login_age < 3600
            && resource.name == "file" && context.arguments.path == "a b"
        };"#,
    );
    let read = json!({"uri": "files://all/a%20b"});
    let login = SystemTime::now() - Duration::from_secs(120);
    let who = || ann().scopes(["files"]).roles(["admin"]).acr("phr").authenticated(login);
    ask(&service, who(), "resources/read", read.clone()).await.unwrap();
    for other in [
        who().scopes(["files:read"]),
        who().roles(["editing"]),
        who().acr("pwd"),
        who().authenticated(SystemTime::now() + Duration::from_secs(3600)),
        ann().scopes(["files"]).roles(["admin"]).authenticated(login),
    ] {
        ask(&service, other, "resources/read", read.clone()).await.unwrap_err();
    }
}

#[tokio::test]
async fn whoever_may_list_is_told_no_and_others_nothing() {
    let seen = under(r#"permit(principal, action == Action::"list", resource);"#);
    assert_eq!(tools(&seen, ann()).await, ["read_file", "delete_file"]);
    let told = call(&seen, ann(), "read_file", json!({})).await;
    assert_eq!(denial(told), Some(Denial::Forbidden));
    let unseen = under("permit(principal, action, resource) when { false };");
    assert!(tools(&unseen, ann()).await.is_empty(), "`listed` or not");
    assert_eq!(denial(call(&unseen, ann(), "delete_file", json!({})).await), None);
}

#[tokio::test]
async fn a_policy_that_fails_denies() {
    let service = under(
        r#"permit(principal, action, resource);
        forbid(principal, action, resource == Tool::"read_file")
            when { context.arguments.path > 3 };"#,
    );
    assert_eq!(tools(&service, ann()).await, ["delete_file"], "a list has no arguments");
    let told = call(&service, ann(), "read_file", json!({"path": "a"})).await.unwrap_err();
    assert_eq!(told.message(), "unknown tool", "it compares a text");
    call(&service, ann(), "delete_file", json!({})).await.unwrap();
    // What has no form in Cedar is denied, whatever the policies look at.
    let odd = json!({"tags": [null]});
    let told = call(&under("permit(principal, action, resource);"), ann(), "read_file", odd).await;
    assert_eq!(denial(told), Some(Denial::Forbidden));
}

#[tokio::test]
async fn arguments_beyond_the_bounds_are_denied() {
    let allowing = || Cedar::new("permit(principal, action, resource);").unwrap();
    // The object and its list are values too, and all around the text is bytes.
    let many = |values: usize| json!({"a": vec![json!([]); values - 2]});
    let long = |bytes: usize| json!({"a": "x".repeat(bytes - r#"{"a":""}"#.len())});
    let rows = [
        (allowing(), many(10_000), many(10_001)),
        (allowing(), long(256 * 1024), long(256 * 1024 + 1)),
        (allowing().argument_values(20), many(20), many(21)),
        (allowing().argument_bytes(20), long(20), long(21)),
        (allowing().argument_values(20_000).argument_bytes(400_000), many(20_000), many(20_001)),
        (allowing().argument_bytes(400_000).argument_values(20_000), long(400_000), long(400_001)),
    ];
    for (cedar, most, more) in rows {
        let service = serve(cedar);
        call(&service, ann(), "read_file", most).await.unwrap();
        let told = call(&service, ann(), "read_file", more).await;
        assert_eq!(denial(told), Some(Denial::Forbidden));
    }
}

#[tokio::test]
async fn others_have_their_turns_while_a_list_is_decided() {
    let tool = |_: Args, _: Context| async { Ok("done") };
    let names: Vec<_> = (0..40).map(|number| format!("tool_{number}")).collect();
    let server = names.iter().fold(Server::new("many", "1"), |server, name| {
        server.tool_fn(ToolSpec::new(name.clone()), tool)
    });
    let cedar = Cedar::new("permit(principal, action, resource);").unwrap();
    let service = server.policy(cedar).into_service().unwrap();
    let turns = Arc::new(AtomicUsize::new(0));
    let counted = turns.clone();
    let other = tokio::spawn(async move {
        loop {
            counted.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(tools(&service, ann()).await.len(), 40);
    assert!(turns.load(Ordering::Relaxed) > 1, "it is decided about a few at a time");
    other.abort();
}

/// The example of the page, in which `like` alone would let a path out of its folder.
#[tokio::test]
async fn a_path_that_leads_elsewhere_is_like_none() {
    let service = under(
        r#"permit(principal, action == Action::"list", resource);
        permit(principal, action == Action::"call", resource == Tool::"read_file")
            when { context.arguments.path like "public/*" && !(context.arguments.path like "*..*") };"#,
    );
    for (path, passes) in [
        ("public/a", true),
        ("private/a", false),
        ("public/../secret", false),
        ("public/..", false),
    ] {
        let told = call(&service, ann(), "read_file", json!({"path": path})).await;
        assert_eq!(told.is_ok(), passes, "{path}");
    }
}

#[tokio::test]
async fn a_number_is_the_same_however_it_is_written() {
    let service = under(
        r#"permit(principal, action, resource);
        forbid(principal, action == Action::"call", resource)
            when { context.arguments has amount && context.arguments.amount >= 100 };"#,
    );
    for (amount, passes) in
        [("99", true), ("100", false), ("100.0", false), ("1e2", false), ("99.5", false)]
    {
        let amount: Value = serde_json::from_str(amount).unwrap();
        let told = call(&service, ann(), "read_file", json!({"amount": amount})).await;
        assert_eq!(told.is_ok(), passes, "{amount}");
    }
    let forged = json!({"amount": {"__extn": {"fn": "decimal", "arg": "1.0"}}});
    call(&service, ann(), "read_file", forged).await.unwrap_err();
}

#[tokio::test]
async fn annotations_say_how_to_get_on() {
    let service = under(
        r#"permit(principal, action, resource);
        @max_age("900") @acr("phr phrh")
        forbid(principal, action == Action::"call", resource == Tool::"delete_file")
            unless { context has login_age && context.login_age <= 900 };
        @scopes("files:write")
        forbid(principal, action == Action::"call", resource == Tool::"delete_file")
            unless { principal.scopes.contains("files:write") };
        forbid(principal in Role::"guest", action == Action::"call", resource);"#,
    );
    let (max_age, acr) = (Some(Duration::from_secs(900)), Some("phr phrh".to_owned()));
    let both = Denial::StepUp { max_age, acr, scopes: ["files:write"].into() };
    let delete = |who| call(&service, who, "delete_file", json!({}));
    assert_eq!(denial(delete(ann()).await), Some(both));
    let fresh = || ann().authenticated(SystemTime::now() - Duration::from_secs(60));
    let told = denial(delete(fresh()).await);
    assert_eq!(told, Some(Denial::Scopes(["files:write"].into())));
    delete(fresh().scopes(["files:write"])).await.unwrap();
    let told = denial(delete(ann().roles(["guest"])).await);
    assert_eq!(told, Some(Denial::Forbidden), "no login takes a role away");
    assert_eq!(tools(&service, ann()).await.len(), 2);
    assert!(service.card().guarded);
    assert_eq!(service.card().scopes.to_string(), "files:write");
}

#[tokio::test]
async fn a_forbid_that_says_how_to_get_on_tells_strangers_nothing() {
    let permits = [
        r#"permit(principal == User::"https://id.example#ann", action, resource);"#,
        // She is known to see it; what this permits later is not known yet.
        r#"permit(principal == User::"https://id.example#ann", action == Action::"list", resource);
        permit(principal == User::"https://id.example#ann", action, resource)
            when { principal.scopes.contains("w") };"#,
    ];
    for permits in permits {
        let service = under(&format!(
            r#"{permits}
            @scopes("w")
            forbid(principal, action == Action::"call", resource == Tool::"delete_file")
                unless {{ principal.scopes.contains("w") }};"#
        ));
        let delete = |who| call(&service, who, "delete_file", json!({}));
        assert_eq!(denial(delete(ann()).await), Some(Denial::Scopes(["w"].into())), "{permits}");
        delete(ann().scopes(["w"])).await.unwrap();
        let told = delete(ben()).await.unwrap_err();
        assert_eq!((told.message(), told.denial()), ("unknown tool", None), "{permits}");
        assert!(tools(&service, ben()).await.is_empty(), "{permits}");
        assert_eq!(tools(&service, ann()).await.len(), 2, "{permits}");
    }
}

#[tokio::test]
async fn a_forbid_of_all_acts_lists_nothing_for_strangers() {
    let service = under(
        r#"permit(principal == User::"https://id.example#ann", action, resource);
        @scopes("w")
        forbid(principal, action, resource) unless { principal.scopes.contains("w") };"#,
    );
    let delete = |who| call(&service, who, "delete_file", json!({}));
    // `listed`, and she would see it but for the scope.
    assert_eq!(tools(&service, ann()).await, ["delete_file"]);
    assert_eq!(denial(delete(ann()).await), Some(Denial::Scopes(["w"].into())));
    for ben in [ben(), ben().scopes(["w"])] {
        assert!(tools(&service, ben.clone()).await.is_empty());
        assert_eq!(delete(ben).await.unwrap_err().message(), "unknown tool");
    }
}

#[tokio::test]
async fn who_may_use_what_is_in_no_list_is_told_how_to_get_on() {
    let service = under(
        r#"permit(principal, action == Action::"call", resource == Tool::"read_file");
        @scopes("w")
        forbid(principal, action == Action::"call", resource)
            unless { principal.scopes.contains("w") };"#,
    );
    let told = denial(call(&service, ann(), "read_file", json!({})).await);
    assert_eq!(told, Some(Denial::Scopes(["w"].into())), "in no list, and she may use it then");
}

#[tokio::test]
async fn entities_add_what_else_is_known_and_overrule_nothing() {
    let policies = r#"
        permit(principal in Team::"blue", action, resource in Shelf::"public")
            when { !(principal has acr) && principal.level > 2 };"#;
    let entities = json!([
        {"uid": {"type": "User", "id": "https://id.example#ann"},
         "attrs": {"level": 3, "subject": "root", "acr": "phr"},
         "parents": [{"type": "Team", "id": "blue"}]},
        {"uid": {"type": "Tool", "id": "read_file"}, "attrs": {},
         "parents": [{"type": "Shelf", "id": "public"}]},
    ]);
    let cedar = Cedar::new(policies).unwrap().entities(&entities.to_string()).unwrap();
    let service = serve(cedar);
    assert_eq!(tools(&service, ann()).await, ["read_file"]);
    call(&service, ann(), "read_file", json!({})).await.unwrap();
    let ben = Identity::new(Key::new("https://id.example", "ben"));
    assert!(tools(&service, ben).await.is_empty());
    let own = r#"permit(principal, action, resource) when { principal.subject == "root" };"#;
    let cedar = Cedar::new(own).unwrap().entities(&entities.to_string()).unwrap();
    assert!(tools(&serve(cedar), ann()).await.is_empty(), "the token's word counts");
}

#[tokio::test]
async fn a_forbid_fires_on_whatever_the_operator_says_of_users_and_items() {
    let entities = json!([
        {"uid": {"type": "User", "id": "https://id.example#ann"}, "attrs": {}, "parents": [],
         "tags": {"suspended": "yes"}},
        {"uid": {"type": "Tool", "id": "read_file"}, "parents": [],
         "attrs": {"acr": "phr", "client": "till"}, "tags": {"closed": true}},
    ]);
    let rows = [
        (r#"principal.hasTag("suspended") && principal.getTag("suspended") == "yes""#, ann()),
        (r#"resource.hasTag("closed") && resource.getTag("closed")"#, ben()),
        ("resource has acr && !(principal has acr && principal.acr == resource.acr)", ben()),
        (
            "resource has client && !(principal has client && principal.client == resource.client)",
            ann(),
        ),
    ];
    for (when, who) in rows {
        let policies = format!(
            r#"permit(principal, action, resource);
            forbid(principal, action == Action::"call", resource) when {{ {when} }};"#
        );
        let cedar = Cedar::new(&policies).unwrap().entities(&entities.to_string()).unwrap();
        let told = call(&serve(cedar), who.clone(), "read_file", json!({})).await;
        assert_eq!(denial(told), Some(Denial::Forbidden), "{when}");
        call(&under(&policies), who, "read_file", json!({})).await.unwrap();
    }
}

#[tokio::test]
async fn other_policies_count_from_the_next_request_on() {
    let cedar = Cedar::new("permit(principal, action, resource);").unwrap();
    let service = serve(cedar.clone());
    assert_eq!(tools(&service, ann()).await.len(), 2);
    assert!(cedar.replace("permit(").is_err());
    assert_eq!(tools(&service, ann()).await.len(), 2, "nothing has changed");
    cedar.replace(r#"permit(principal, action, resource == Tool::"read_file");"#).unwrap();
    assert_eq!(tools(&service, ann()).await, ["read_file"]);
}

#[test]
fn what_is_wrong_is_told_before_anybody_is_served() {
    let schema = r#"
        entity User = { scopes: Set<String> };
        entity Tool = { name: String };
        action call appliesTo { principal: [User], resource: [Tool], context: {} };"#;
    let right = r#"permit(principal, action == Action::"call", resource)
        when { principal.scopes.contains("a") };"#;
    Cedar::new(right).unwrap().schema(schema).unwrap();
    let wrong = r#"permit(principal, action == Action::"call", resource)
        when { principal.scope.contains("a") };"#;
    assert!(Cedar::new(wrong).unwrap().schema(schema).is_err());
    let cedar = Cedar::new(right).unwrap().schema(schema).unwrap();
    assert!(cedar.replace(wrong).is_err(), "later, too");
    for bad in [
        "permit(principal, action)",
        r#"@max_age("0") forbid(principal, action, resource);"#,
        r#"@max_age("soon") forbid(principal, action, resource);"#,
        r#"@scopes("") forbid(principal, action, resource);"#,
        r#"@scopes("a\"b") forbid(principal, action, resource);"#,
        r#"@acr("a  b") forbid(principal, action, resource);"#,
        r#"@acr("a") permit(principal, action, resource);"#,
    ] {
        assert!(Cedar::new(bad).is_err(), "{bad}");
    }
    assert!(Cedar::new("").unwrap().schema("entity").is_err());
    assert!(Cedar::new("").unwrap().entities("{}").is_err());
}
