const _: () = {
    #[derive(::toolgate::serde::Deserialize, ::toolgate::schemars::JsonSchema)]
    #[serde(remote = "r#Move", crate = "::toolgate::serde", rename = "Move")]
    #[schemars(crate = "::toolgate::schemars", rename = "Move")]
    #[allow(
        dead_code,
        non_camel_case_types,
        non_snake_case,
        clippy::all,
        clippy::pedantic,
        reason = "written by a derive"
    )]
    struct __MoveShadow {}
    #[automatically_derived]
    impl<'de> ::toolgate::serde::Deserialize<'de> for r#Move {
        fn deserialize<D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
        where
            D: ::toolgate::serde::Deserializer<'de>,
        {
            __MoveShadow::deserialize(deserializer)
        }
    }
    #[automatically_derived]
    impl ::toolgate::schemars::JsonSchema for r#Move {
        fn inline_schema() -> bool {
            <__MoveShadow as ::toolgate::schemars::JsonSchema>::inline_schema()
        }
        fn schema_name() -> ::std::borrow::Cow<'static, str> {
            <__MoveShadow as ::toolgate::schemars::JsonSchema>::schema_name()
        }
        fn schema_id() -> ::std::borrow::Cow<'static, str> {
            <__MoveShadow as ::toolgate::schemars::JsonSchema>::schema_id()
        }
        fn json_schema(
            generator: &mut ::toolgate::schemars::SchemaGenerator,
        ) -> ::toolgate::schemars::Schema {
            <__MoveShadow as ::toolgate::schemars::JsonSchema>::json_schema(generator)
        }
    }
    #[automatically_derived]
    impl ::toolgate::Tool for r#Move {
        fn spec() -> ::toolgate::ToolSpec {
            ::toolgate::ToolSpec::new("move")
                .description(::core::concat!(include_str!("move.md")))
        }
    }
};
