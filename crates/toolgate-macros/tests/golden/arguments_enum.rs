const _: () = {
    #[derive(::toolgate::serde::Deserialize, ::toolgate::schemars::JsonSchema)]
    #[serde(remote = "Filter", crate = "::toolgate::serde")]
    #[schemars(crate = "::toolgate::schemars", rename = "Which")]
    /// Which notes to take.
    #[serde(tag = "by", rename = "Which")]
    #[allow(
        dead_code,
        non_camel_case_types,
        non_snake_case,
        clippy::all,
        clippy::pedantic,
        reason = "written by a derive"
    )]
    enum __FilterShadow {
        /// All of them.
        All,
        /// Those with this tag.
        Tag {
            /// Without the `#`.
            tag: String,
        },
        #[serde(rename = "old")]
        Before(Date),
        Not(Vec<Filter>),
    }
    #[automatically_derived]
    impl<'de> ::toolgate::serde::Deserialize<'de> for Filter {
        fn deserialize<D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
        where
            D: ::toolgate::serde::Deserializer<'de>,
        {
            __FilterShadow::deserialize(deserializer)
        }
    }
    #[automatically_derived]
    impl ::toolgate::schemars::JsonSchema for Filter {
        fn inline_schema() -> bool {
            <__FilterShadow as ::toolgate::schemars::JsonSchema>::inline_schema()
        }
        fn schema_name() -> ::std::borrow::Cow<'static, str> {
            <__FilterShadow as ::toolgate::schemars::JsonSchema>::schema_name()
        }
        fn schema_id() -> ::std::borrow::Cow<'static, str> {
            <__FilterShadow as ::toolgate::schemars::JsonSchema>::schema_id()
        }
        fn json_schema(
            generator: &mut ::toolgate::schemars::SchemaGenerator,
        ) -> ::toolgate::schemars::Schema {
            <__FilterShadow as ::toolgate::schemars::JsonSchema>::json_schema(generator)
        }
    }
};
