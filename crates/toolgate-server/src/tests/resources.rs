//! Resources and families of them: lists, reading, and what is told when there is nothing.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use toolgate_core::{
    CacheScope, Context, Error, IntoService,
    protocol::{code, icon::Role, input::InputRequest, resource::Contents},
    reply::Kind,
};

use super::{serve, value};
use crate::{Json, Read, Resource, ResourceSpec, Result, SafePath, Server, ToolError};

#[derive(Deserialize)]
struct Weather {
    city: String,
    day: u8,
    unit: Option<String>,
}

impl Resource for Weather {
    fn spec() -> ResourceSpec {
        ResourceSpec::new("weather://{city}/{day}{?unit}").name("weather").mime_type("text/plain")
    }
}

impl Read<String> for Weather {
    type Output = Option<String>;

    async fn read(self, greeting: &String, cx: &Context) -> Result<Option<String>> {
        assert_eq!(cx.state::<String>()?, greeting);
        let Self { city, day, unit } = self;
        Ok((city != "atlantis").then(|| format!("{greeting} {city} {day} {unit:?}")))
    }
}

#[derive(Deserialize)]
struct About;

impl Resource for About {
    fn spec() -> ResourceSpec {
        ResourceSpec::new("weather://about").name("about")
    }
}

impl Read<String> for About {
    type Output = Vec<u8>;

    async fn read(self, _: &String, _: &Context) -> Result<Vec<u8>> {
        Ok(vec![0, 255])
    }
}

fn weather() -> Server<String> {
    let server = Server::new("s", "1").open().state("hello".to_owned());
    server.resource::<Weather>().resource::<About>()
}

async fn read(server: impl IntoService, uri: &str) -> Result<Value, Error> {
    let reply = serve(server).request("resources/read", json!({ "uri": uri })).await?;
    assert_eq!(reply.cache.unwrap().scope, CacheScope::Private);
    Ok(value(&reply)["contents"].clone())
}

#[tokio::test]
async fn a_resource_is_read_by_its_uri_and_a_family_by_its_variables() {
    assert_eq!(
        read(weather(), "weather://about").await.unwrap(),
        json!([{ "uri": "weather://about", "blob": "AP8=" }])
    );
    assert_eq!(
        read(weather(), "weather://k%C3%B6ln/7?unit=c").await.unwrap(),
        json!([{ "uri": "weather://k%C3%B6ln/7?unit=c", "mimeType": "text/plain",
                 "text": "hello k\u{f6}ln 7 Some(\"c\")" }])
    );
}

#[tokio::test]
async fn what_is_not_there_is_an_error_that_names_the_uri() {
    for uri in ["weather://", "weather://atlantis/7", "other://x", "weather://about/", "no uri", ""]
    {
        let error = read(weather(), uri).await.unwrap_err();
        assert_eq!((error.code(), error.message()), (code::INVALID_PARAMS, "unknown resource"));
        assert_eq!(error.data().unwrap().parse::<Value>().unwrap(), json!({ "uri": uri }));
    }
    let error = read(weather(), "weather://x/seven").await.unwrap_err();
    assert!(error.message().contains("`day`"), "{error}");
    assert!(error.data().is_some());
    let long = format!("weather://{}", "x".repeat(9000));
    assert!(read(weather(), &long).await.unwrap_err().data().is_none(), "not said back");
    let none = Server::new("s", "1")
        .open()
        .resource_fn(ResourceSpec::new("a:b"), |(), _| async { Ok(Vec::<Contents>::new()) });
    assert_eq!(read(none, "a:b").await.unwrap_err().message(), "unknown resource");
    for params in [json!({}), json!({ "uri": 1 }), json!({ "uri": "a:b", "inputResponses": null })]
    {
        let error = serve(weather()).request("resources/read", params).await.unwrap_err();
        assert_eq!((error.code(), error.data()), (code::INVALID_PARAMS, None));
    }
}

#[tokio::test]
async fn a_uri_comes_before_a_family_and_a_family_before_a_later_one() {
    #[derive(Deserialize)]
    struct Any {
        id: String,
    }
    let family = |uri: &str, name: &'static str| {
        let spec = ResourceSpec::new(uri).name(name);
        (spec, move |any: Any, _: Context| async move { Ok(format!("{name} {}", any.id)) })
    };
    let (first, read_first) = family("n://{id}", "first");
    let (second, read_second) = family("n://{+id}", "second");
    let server = || {
        Server::new("s", "1")
            .open()
            .resource_fn(first.clone(), read_first)
            .resource_fn(second.clone(), read_second)
            .resource_fn(ResourceSpec::new("n://one"), |(), _| async { Ok("exact") })
    };
    for (uri, text) in [("n://one", "exact"), ("n://two", "first two"), ("n://a/b", "second a/b")] {
        assert_eq!(read(server(), uri).await.unwrap()[0]["text"], text);
    }
}

#[tokio::test]
async fn lists_have_the_shape_of_the_schema() {
    let one = ResourceSpec::new("a:b")
        .name("n")
        .title("N")
        .description("d")
        .mime_type("text/html")
        .size(3)
        .audience([Role::User])
        .priority(0.5)
        .last_modified("2026-01-01")
        .icon("https://e.x/i.png")
        .meta("e.x/k", 1);
    let common = json!({
        "name": "n", "title": "N", "description": "d", "mimeType": "text/html",
        "annotations": { "audience": ["user"], "priority": 0.5, "lastModified": "2026-01-01" },
        "icons": [{ "src": "https://e.x/i.png" }], "_meta": { "e.x/k": 1 },
    });
    let mut family = one.clone();
    (family.uri, family.size) = ("a:{city}/{day}{?unit}".into(), None);
    let server = Server::new("s", "1")
        .open()
        .resource_fn(one, |(), _| async { Ok("x") })
        .resource_fn(family, |_: Weather, _| async { Ok("x") });
    let calls = serve(server);
    let list = async |method| {
        let reply = calls.request(method, json!({})).await.unwrap();
        assert_eq!(reply.cache.unwrap().scope, CacheScope::Public);
        value(&reply)
    };
    let with = |members: Value| {
        let mut all = common.clone();
        all.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        all
    };
    assert_eq!(
        list("resources/list").await,
        json!({ "resources": [with(json!({ "uri": "a:b", "size": 3 }))] })
    );
    assert_eq!(
        list("resources/templates/list").await,
        json!({ "resourceTemplates": [with(json!({ "uriTemplate": "a:{city}/{day}{?unit}" }))] })
    );
}

#[tokio::test]
async fn failures_are_masked_panics_contained_and_words_told() {
    let spec =
        |name: &str| ResourceSpec::new(format!("f://{name}")).timeout(Duration::from_secs(5));
    let server = Server::new("s", "1")
        .open()
        .resource_fn(spec("says"), |(), _| async {
            Err::<String, _>(ToolError::shown("closed today"))
        })
        .resource_fn(spec("hides"), |(), _| async {
            Err::<String, _>(std::io::Error::other("s3cr3t").into())
        })
        .resource_fn(spec("panics"), |(), _| async {
            if true {
                panic!("s3cr3t");
            }
            Ok("x")
        })
        .resource_fn(spec("data"), |(), _| async { Ok(Json(json!({ "a": 1 }))) });
    let calls = serve(server);
    let told = async |name: &str| {
        let params = json!({ "uri": format!("f://{name}") });
        calls.request("resources/read", params).await
    };
    let said = told("says").await.unwrap_err();
    assert_eq!((said.code(), said.message()), (code::INTERNAL_ERROR, "closed today"));
    for name in ["hides", "panics"] {
        let error = told(name).await.unwrap_err();
        assert_eq!(error.code(), code::INTERNAL_ERROR);
        assert!(error.message().starts_with("internal error "), "{error}");
    }
    assert_eq!(value(&told("data").await.unwrap())["contents"][0]["text"], "{\"a\":1}");
}

#[tokio::test(start_paused = true)]
async fn a_reading_that_takes_too_long_is_dropped_and_said_so() {
    let spec = ResourceSpec::new("f://slow").timeout(Duration::from_secs(5));
    let server = Server::new("s", "1").open().resource_fn(spec, |(), cx: Context| async move {
        assert!(cx.deadline().is_some());
        std::future::pending::<()>().await;
        Ok("x")
    });
    let error = read(server, "f://slow").await.unwrap_err();
    assert!(error.message().contains("the resource did not finish within 5 s"), "{error}");
}

#[tokio::test]
async fn a_resource_may_ask_and_sees_the_answers() {
    let server = Server::new("s", "1").open().resource_fn(
        ResourceSpec::new("a:b"),
        |(), cx: Context| async move {
            match cx.answers().input_responses.get("sure") {
                Some(answer) => Ok(String::from_utf8_lossy(answer.as_bytes()).into_owned()),
                None => {
                    let params = toolgate_core::protocol::Json::of(&json!({}))?;
                    let question = InputRequest::new("elicitation/create", params);
                    Err(ToolError::asks("sure", question))
                }
            }
        },
    );
    let calls = serve(server);
    let can = json!({ "io.modelcontextprotocol/clientCapabilities": { "elicitation": {} } });
    let first =
        calls.request("resources/read", json!({ "uri": "a:b", "_meta": can })).await.unwrap();
    assert_eq!(first.kind, Kind::InputRequired);
    assert!(first.cache.is_none(), "a question is not to be kept");
    let state = value(&first)["requestState"].clone();
    let answers = json!({ "sure": { "action": "accept" } });
    let retry = |state| json!({ "uri": "a:b", "inputResponses": answers, "requestState": state });
    let reply = calls.request("resources/read", retry(state)).await.unwrap();
    assert_eq!(value(&reply)["contents"][0]["text"], r#"{"action":"accept"}"#);
    let forged = calls.request("resources/read", retry(json!("s"))).await.unwrap_err();
    assert_eq!(forged.message(), "the request state is not valid");
    let error = calls.request("resources/read", json!({ "uri": "a:b" })).await.unwrap_err();
    assert_eq!(error.code(), code::MISSING_CLIENT_CAPABILITY);
}

#[tokio::test]
async fn a_path_in_a_uri_leads_down_only() {
    #[derive(Deserialize)]
    struct File {
        path: SafePath,
    }
    let server = || {
        let spec = ResourceSpec::new("files://all/{+path}");
        let read = |file: File, _| async move { Ok(file.path.to_string()) };
        Server::new("s", "1").open().resource_fn(spec, read)
    };
    assert_eq!(read(server(), "files://all/a/b%20c").await.unwrap()[0]["text"], "a/b c");
    for path in
        ["../x", "%2e%2e/x", "a/..%2f..%2fx", "%252e%252e/x", "%2Fetc", "a%5Cb", "c:%2Fx", "a%00"]
    {
        let error = read(server(), &format!("files://all/{path}")).await.unwrap_err();
        assert!(error.message().contains("`path`"), "{path}: {error}");
    }
}

#[test]
fn what_is_wrong_with_a_resource_is_found_before_serving() {
    let any = || Server::new("s", "1").open();
    let text = |(): (), _: Context| async { Ok("x") };
    let of = |_: Weather, _: Context| async { Ok("x") };
    let spec = ResourceSpec::new;
    let rows = [
        (any().resource_fn(spec("a:{b"), text), "a brace has no partner"),
        (any().resource_fn(spec("no uri"), text), "is no URI"),
        (any().resource_fn(spec("{city}/{day}{?unit}"), of), "is no URI"),
        (any().resource_fn(spec("a:{id}"), text), "the variable `id` is no field"),
        (any().resource_fn(spec("a:{city}"), of), "the field `day` is no variable"),
        (any().resource_fn(spec("a:b").name(""), text), "has no name"),
        (any().resource_fn(spec("a:{city}/{day}{?unit}").size(1), of), "has no one size"),
        (any().resource_fn(spec("a:b").icon("http://e.x/i"), text), "no https: or data: URI"),
        (any().resource_fn(spec("a:b").meta("a b", 1), text), "is no key of `_meta`"),
        (any().resource_fn(spec("a:b").scopes(["a b"]), text), "no scope-token"),
        (
            any().resource_fn(spec("a:b"), text).resource_fn(spec("a:b").name("c"), text),
            "are called `a:b`",
        ),
        (
            any().resource_fn(spec("a:b").complete("x", |_, _| async { Ok([]) }), text),
            "`x` is completed, and is no argument",
        ),
        (any().icon("javascript:x"), "an icon of the server"),
    ];
    for (server, words) in rows {
        let error = server.into_service().err().unwrap_or_else(|| panic!("{words}")).to_string();
        assert!(error.contains(words), "{error}");
    }
}
