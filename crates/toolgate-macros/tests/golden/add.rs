const _: () = {
    #[derive(::toolgate::serde::Deserialize, ::toolgate::schemars::JsonSchema)]
    #[serde(remote = "Add", crate = "::toolgate::serde", rename = "Add")]
    #[schemars(crate = "::toolgate::schemars", rename = "Add")]
    #[allow(
        dead_code,
        non_camel_case_types,
        non_snake_case,
        clippy::all,
        clippy::pedantic,
        reason = "written by a derive"
    )]
    struct __AddShadow {
        a: i64,
        b: i64,
    }
    #[automatically_derived]
    impl<'de> ::toolgate::serde::Deserialize<'de> for Add {
        fn deserialize<D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
        where
            D: ::toolgate::serde::Deserializer<'de>,
        {
            __AddShadow::deserialize(deserializer)
        }
    }
    #[automatically_derived]
    impl ::toolgate::schemars::JsonSchema for Add {
        fn inline_schema() -> bool {
            <__AddShadow as ::toolgate::schemars::JsonSchema>::inline_schema()
        }
        fn schema_name() -> ::std::borrow::Cow<'static, str> {
            <__AddShadow as ::toolgate::schemars::JsonSchema>::schema_name()
        }
        fn schema_id() -> ::std::borrow::Cow<'static, str> {
            <__AddShadow as ::toolgate::schemars::JsonSchema>::schema_id()
        }
        fn json_schema(
            generator: &mut ::toolgate::schemars::SchemaGenerator,
        ) -> ::toolgate::schemars::Schema {
            <__AddShadow as ::toolgate::schemars::JsonSchema>::json_schema(generator)
        }
    }
    #[automatically_derived]
    impl ::toolgate::Tool for Add {
        fn spec() -> ::toolgate::ToolSpec {
            ::toolgate::ToolSpec::new("add").description("Add two numbers.")
        }
    }
};
