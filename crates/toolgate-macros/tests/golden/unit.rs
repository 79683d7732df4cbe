const _: () = {
    #[derive(::toolgate::serde::Deserialize, ::toolgate::schemars::JsonSchema)]
    #[serde(remote = "Utf8Clock", crate = "::toolgate::serde", rename = "Utf8Clock")]
    #[schemars(crate = "::toolgate::schemars", rename = "Utf8Clock")]
    #[allow(
        dead_code,
        non_camel_case_types,
        non_snake_case,
        clippy::all,
        clippy::pedantic,
        reason = "written by a derive"
    )]
    struct __Utf8ClockShadow {}
    #[automatically_derived]
    impl<'de> ::toolgate::serde::Deserialize<'de> for Utf8Clock {
        fn deserialize<D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
        where
            D: ::toolgate::serde::Deserializer<'de>,
        {
            __Utf8ClockShadow::deserialize(deserializer)
        }
    }
    #[automatically_derived]
    impl ::toolgate::schemars::JsonSchema for Utf8Clock {
        fn inline_schema() -> bool {
            <__Utf8ClockShadow as ::toolgate::schemars::JsonSchema>::inline_schema()
        }
        fn schema_name() -> ::std::borrow::Cow<'static, str> {
            <__Utf8ClockShadow as ::toolgate::schemars::JsonSchema>::schema_name()
        }
        fn schema_id() -> ::std::borrow::Cow<'static, str> {
            <__Utf8ClockShadow as ::toolgate::schemars::JsonSchema>::schema_id()
        }
        fn json_schema(
            generator: &mut ::toolgate::schemars::SchemaGenerator,
        ) -> ::toolgate::schemars::Schema {
            <__Utf8ClockShadow as ::toolgate::schemars::JsonSchema>::json_schema(
                generator,
            )
        }
    }
    #[automatically_derived]
    impl ::toolgate::Tool for Utf8Clock {
        fn spec() -> ::toolgate::ToolSpec {
            ::toolgate::ToolSpec::new("utf8_clock")
                .description("Answer with the time\non the server.\n\nIt is in UTC.")
        }
    }
};
