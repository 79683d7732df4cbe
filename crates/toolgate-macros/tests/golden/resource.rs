const _: () = {
    #[derive(::toolgate::serde::Deserialize)]
    #[serde(remote = "AppConfig", crate = "::toolgate::serde", rename = "AppConfig")]
    #[allow(
        dead_code,
        non_camel_case_types,
        non_snake_case,
        clippy::all,
        clippy::pedantic,
        reason = "written by a derive"
    )]
    struct __AppConfigShadow {}
    #[automatically_derived]
    impl<'de> ::toolgate::serde::Deserialize<'de> for AppConfig {
        fn deserialize<D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
        where
            D: ::toolgate::serde::Deserializer<'de>,
        {
            __AppConfigShadow::deserialize(deserializer)
        }
    }
    #[automatically_derived]
    impl ::toolgate::Resource for AppConfig {
        fn spec() -> ::toolgate::ResourceSpec {
            ::toolgate::ResourceSpec::new("config://app")
                .name("app_config")
                .description("What the program was told.")
                .mime_type("text/plain")
                .size(1024)
        }
    }
};
