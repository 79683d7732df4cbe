/// The weather of a day.
#[derive(Resource)]
#[resource(uri = "weather://{city}/{day}{?units}", name = "weather", title = "Weather")]
#[resource(mime_type = "application/json", scopes("weather:read"), roles("reader"))]
#[resource(guard = role("reader"), listed, advertised = false, timeout = "10s")]
#[resource(icon = "https://a.example/sun.svg")]
pub struct Weather {
    /// Where.
    #[resource(complete = geo::cities)]
    pub city: String,
    day: Day,
    #[schemars(range(min = 1))]
    #[resource(complete = |typed, _| async move { units(&typed) })]
    units: Option<Units>,
}
