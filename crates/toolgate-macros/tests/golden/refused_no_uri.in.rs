#[derive(Resource)]
#[resource(size = "12")]
struct Note<T>(T);
