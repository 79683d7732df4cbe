//! What is listed, read, filled in and completed.

use serde_json::json;
use toolgate_testkit::TestClient;

use super::{ask, client, complete, prompts, resources, templates};

#[tokio::test]
async fn resources_are_listed_and_read_by_those_who_may() {
    let client = client(resources::server());
    let uris = |list: serde_json::Value| -> Vec<String> {
        let all = list["resources"].as_array().unwrap().clone();
        all.iter().map(|it| it["uri"].as_str().unwrap().to_owned()).collect()
    };
    let few = uris(ask(&client, "resources/list", json!({})).await);
    assert_eq!(few, ["kitchen://rules", "kitchen://logo"]);
    let cook = client.as_user("cook", ["kitchen:stock"]);
    let all = uris(ask(&cook, "resources/list", json!({})).await);
    assert_eq!(all, ["kitchen://rules", "kitchen://stock", "kitchen://logo"]);

    let read = async |client: &TestClient, name: &str| {
        let params = json!({ "uri": format!("kitchen://{name}") });
        let reply = client.call_raw("resources/read", params).await;
        reply.map(|reply| super::value(&reply)["contents"][0].take())
    };
    assert_eq!(read(&client, "rules").await.unwrap()["mimeType"], "text/markdown");
    assert_eq!(read(&client, "logo").await.unwrap()["blob"], "R0lGODlh");
    let text = r#"[{"name":"flour","grams":1500}]"#;
    assert_eq!(read(&cook, "stock").await.unwrap()["text"], text);
    assert!(read(&client, "stock").await.unwrap_err().denial().is_some());
    assert_eq!(read(&cook, "cellar").await.unwrap_err().code(), -32602);
}

#[tokio::test]
async fn templates_are_read_with_variables_and_complete_them() {
    let client = client(templates::server());
    let listed = ask(&client, "resources/templates/list", json!({})).await;
    let template = "recipe://{cuisine}/{dish}{?people}";
    assert_eq!(listed["resourceTemplates"][0]["uriTemplate"], template);

    for (uri, text) in [
        ("recipe://french/cr%C3%AApes", "crêpes for 4: take your time."),
        ("recipe://italian/risotto?people=2", "risotto for 2: take your time."),
    ] {
        let read = ask(&client, "resources/read", json!({ "uri": uri })).await;
        assert_eq!(read["contents"][0]["text"], text);
    }
    for none in ["recipe://italian/ratatouille", "recipe://martian/rock", "recipe://italian"] {
        let error = client.call_raw("resources/read", json!({ "uri": none })).await.unwrap_err();
        assert_eq!(error.code(), -32602, "{none}");
    }

    let reference = json!({ "type": "ref/resource", "uri": template });
    let cuisine = json!({ "name": "cuisine", "value": "f" });
    let found = complete(&client, reference.clone(), cuisine, json!({})).await;
    assert_eq!(found, json!(["french"]));
    let dish = json!({ "name": "dish", "value": "ri" });
    let found = complete(&client, reference, dish, json!({ "cuisine": "italian" })).await;
    assert_eq!(found, json!(["risotto", "ribollita"]));
}

#[tokio::test]
async fn prompts_are_filled_in() {
    let client = client(prompts::server());
    let listed = ask(&client, "prompts/list", json!({})).await;
    let arguments = listed["prompts"][0]["arguments"].as_array().unwrap().clone();
    let required: Vec<_> = arguments.iter().map(|it| (&it["name"], &it["required"])).collect();
    let expected = [("diff", json!(true)), ("care", json!(false)), ("language", json!(false))];
    for ((name, required), (expected, needed)) in required.into_iter().zip(&expected) {
        assert_eq!(
            (name, required.as_bool().unwrap_or(false)),
            (&json!(expected), *needed == true)
        );
    }
    let filled = json!({ "diff": "+ 1", "care": "thorough", "language": "Finnish" });
    let got = ask(&client, "prompts/get", json!({ "name": "review", "arguments": filled })).await;
    let said = "Review this change, in Finnish. Look at every line.";
    assert_eq!(got["messages"][0]["content"]["text"], said);
    assert_eq!(got["messages"][1]["content"]["resource"]["text"], "+ 1");

    let params = json!({ "name": "review", "arguments": {} });
    assert_eq!(client.call_raw("prompts/get", params).await.unwrap_err().code(), -32602);
    let reference = json!({ "type": "ref/prompt", "name": "review" });
    for (argument, typed, found) in
        [("care", "t", json!(["thorough"])), ("language", "f", json!(["Finnish", "French"]))]
    {
        let argument = json!({ "name": argument, "value": typed });
        assert_eq!(complete(&client, reference.clone(), argument, json!({})).await, found);
    }
}
