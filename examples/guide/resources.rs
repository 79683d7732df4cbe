//! Resources: what clients read by a URI.

use toolgate::prelude::*;

/// What holds in this kitchen.
#[derive(Resource)]
#[resource(uri = "kitchen://rules", name = "rules", mime_type = "text/markdown")]
struct Rules;

impl Read<Kitchen> for Rules {
    type Output = &'static str;

    async fn read(self, _: &Kitchen, _: &Context) -> Result<&'static str> {
        Ok("# Rules\n\nWash your hands.\n")
    }
}

/// What there is, for those who may look into the cupboards.
#[derive(Resource)]
#[resource(uri = "kitchen://stock", name = "stock", title = "In stock", scopes("kitchen:stock"))]
struct Stock;

#[derive(Clone, Output)]
pub(crate) struct Item {
    name: &'static str,
    grams: u32,
}

impl Read<Kitchen> for Stock {
    type Output = Json<Vec<Item>>;

    async fn read(self, kitchen: &Kitchen, _: &Context) -> Result<Json<Vec<Item>>> {
        Ok(Json(kitchen.stock.clone()))
    }
}

/// What handlers share.
pub(crate) struct Kitchen {
    stock: Vec<Item>,
}

pub(crate) fn server() -> Server<Kitchen> {
    let kitchen = Kitchen { stock: vec![Item { name: "flour", grams: 1500 }] };
    let logo = ResourceSpec::new("kitchen://logo").name("logo").mime_type("image/gif");
    Server::new("resources", "1.0.0")
        .state(kitchen)
        .resource::<Rules>()
        .resource::<Stock>()
        // Bytes, and a closure in place of a type.
        .resource_fn(logo, |(), _| async { Ok(b"GIF89a".to_vec()) })
}
