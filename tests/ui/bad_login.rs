//! Logins that no challenge could ask for.
use toolgate::{Prompt, Resource, Tool};

#[derive(Tool)]
#[tool(max_age = "15 minutes", acr("phr phrh"))]
struct Transfer;

#[derive(Resource)]
#[resource(uri = "bank://account", max_age = "0s")]
struct Account;

#[derive(Prompt)]
#[prompt(acr(""))]
struct Report;

fn main() {}
