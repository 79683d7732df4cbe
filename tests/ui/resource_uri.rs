//! URIs that are missing, or none.
use toolgate::Resource;

#[derive(Resource)]
struct Missing;

#[derive(Resource)]
#[resource(uri = "config/app")]
struct NoScheme;

#[derive(Resource)]
#[resource(uri = "config://the app")]
struct Space;

fn main() {}
