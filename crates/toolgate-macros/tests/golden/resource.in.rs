/// What the program was told.
#[derive(Resource)]
#[resource(uri = "config://app", mime_type = "text/plain", size = 0x400)]
struct AppConfig;
