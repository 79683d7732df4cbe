#[allow(deprecated, reason = "written by a derive")]
const _: () = {
    #[derive(::toolgate::serde::Deserialize, ::toolgate::schemars::JsonSchema)]
    #[serde(remote = "Sum", crate = "::toolgate::serde", rename = "Sum")]
    #[schemars(crate = "::toolgate::schemars", rename = "Sum")]
    #[deprecated(note = "use `add`")]
    #[allow(
        dead_code,
        non_camel_case_types,
        non_snake_case,
        clippy::all,
        clippy::pedantic,
        reason = "written by a derive"
    )]
    struct __SumShadow {
        terms: Vec<i64>,
    }
    #[automatically_derived]
    impl<'de> ::toolgate::serde::Deserialize<'de> for Sum {
        fn deserialize<D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
        where
            D: ::toolgate::serde::Deserializer<'de>,
        {
            __SumShadow::deserialize(deserializer)
        }
    }
    #[automatically_derived]
    impl ::toolgate::schemars::JsonSchema for Sum {
        fn inline_schema() -> bool {
            <__SumShadow as ::toolgate::schemars::JsonSchema>::inline_schema()
        }
        fn schema_name() -> ::std::borrow::Cow<'static, str> {
            <__SumShadow as ::toolgate::schemars::JsonSchema>::schema_name()
        }
        fn schema_id() -> ::std::borrow::Cow<'static, str> {
            <__SumShadow as ::toolgate::schemars::JsonSchema>::schema_id()
        }
        fn json_schema(
            generator: &mut ::toolgate::schemars::SchemaGenerator,
        ) -> ::toolgate::schemars::Schema {
            <__SumShadow as ::toolgate::schemars::JsonSchema>::json_schema(generator)
        }
    }
    #[automatically_derived]
    impl ::toolgate::Tool for Sum {
        fn spec() -> ::toolgate::ToolSpec {
            ::toolgate::ToolSpec::new("sum")
        }
    }
};
