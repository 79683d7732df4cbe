const _: () = {
    #[derive(::toolgate::serde::Deserialize, ::toolgate::schemars::JsonSchema)]
    #[serde(remote = "Status", rename = "Status")]
    #[serde(crate = "toolgate::serde")]
    #[schemars(crate = "toolgate::schemars", rename = "State")]
    #[allow(
        dead_code,
        non_camel_case_types,
        non_snake_case,
        clippy::all,
        clippy::pedantic,
        reason = "written by a derive"
    )]
    enum __StatusShadow {
        Open,
        Closed,
    }
    #[automatically_derived]
    impl<'de> ::toolgate::serde::Deserialize<'de> for Status {
        fn deserialize<D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
        where
            D: ::toolgate::serde::Deserializer<'de>,
        {
            __StatusShadow::deserialize(deserializer)
        }
    }
    #[automatically_derived]
    impl ::toolgate::schemars::JsonSchema for Status {
        fn inline_schema() -> bool {
            <__StatusShadow as ::toolgate::schemars::JsonSchema>::inline_schema()
        }
        fn schema_name() -> ::std::borrow::Cow<'static, str> {
            <__StatusShadow as ::toolgate::schemars::JsonSchema>::schema_name()
        }
        fn schema_id() -> ::std::borrow::Cow<'static, str> {
            <__StatusShadow as ::toolgate::schemars::JsonSchema>::schema_id()
        }
        fn json_schema(
            generator: &mut ::toolgate::schemars::SchemaGenerator,
        ) -> ::toolgate::schemars::Schema {
            <__StatusShadow as ::toolgate::schemars::JsonSchema>::json_schema(generator)
        }
    }
};
