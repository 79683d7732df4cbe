//! Templates that a URI could match in several ways, or in none.
use toolgate::Resource;

#[derive(Resource)]
#[resource(uri = "weather://{city}{day}")]
struct Adjacent {
    city: String,
    day: String,
}

#[derive(Resource)]
#[resource(uri = "weather://{city")]
struct Unbalanced {
    city: String,
}

#[derive(Resource)]
#[resource(uri = "files://{+path}/{name}")]
struct Wide {
    path: String,
    name: String,
}

#[derive(Resource)]
#[resource(uri = "notes://search{?words}/all")]
struct Query {
    words: String,
}

#[derive(Resource)]
#[resource(uri = "notes://{user-id}")]
struct Name {
    user_id: String,
}

fn main() {}
