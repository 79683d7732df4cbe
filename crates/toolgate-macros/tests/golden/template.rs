const _: () = {
    #[derive(::toolgate::serde::Deserialize)]
    #[serde(remote = "Weather", crate = "::toolgate::serde", rename = "Weather")]
    #[allow(
        dead_code,
        non_camel_case_types,
        non_snake_case,
        clippy::all,
        clippy::pedantic,
        reason = "written by a derive"
    )]
    struct __WeatherShadow {
        /// Where.
        city: String,
        day: Day,
        units: Option<Units>,
    }
    #[automatically_derived]
    impl<'de> ::toolgate::serde::Deserialize<'de> for Weather {
        fn deserialize<D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
        where
            D: ::toolgate::serde::Deserializer<'de>,
        {
            __WeatherShadow::deserialize(deserializer)
        }
    }
    #[automatically_derived]
    impl ::toolgate::Resource for Weather {
        fn spec() -> ::toolgate::ResourceSpec {
            ::toolgate::ResourceSpec::new("weather://{city}/{day}{?units}")
                .name("weather")
                .description("The weather of a day.")
                .title("Weather")
                .mime_type("application/json")
                .scopes(["weather:read"])
                .roles(["reader"])
                .guard(role("reader"))
                .listed(true)
                .advertised(false)
                .timeout(::core::time::Duration::from_millis(10000))
                .icon("https://a.example/sun.svg")
                .complete("city", geo::cities)
                .complete("units", |typed, _| async move { units(&typed) })
        }
    }
};
