const _: () = {
    #[derive(::toolgate::serde::Deserialize, ::toolgate::schemars::JsonSchema)]
    #[serde(remote = "Search", crate = "::toolgate::serde", rename = "Search")]
    #[schemars(crate = "::toolgate::schemars", rename = "Search")]
    #[serde(
        rename_all = "camelCase",
        deny_unknown_fields,
        default = "<Search as ::core::default::Default>::default"
    )]
    #[schemars(transform = no_titles)]
    #[allow(
        dead_code,
        non_camel_case_types,
        non_snake_case,
        clippy::all,
        clippy::pedantic,
        reason = "written by a derive"
    )]
    struct __SearchShadow {
        /// Words to look for.
        #[serde(alias = "q")]
        words: Vec<String>,
        #[serde(default = "ten")]
        #[schemars(range(min = 1, max = 100))]
        #[deprecated]
        at_most: u32,
        #[doc(hidden)]
        #[serde(flatten)]
        sort: Option<Sort>,
        /// Searched within the hits of this one.
        within: Option<Box<Search>>,
    }
    #[automatically_derived]
    impl<'de> ::toolgate::serde::Deserialize<'de> for Search {
        fn deserialize<D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
        where
            D: ::toolgate::serde::Deserializer<'de>,
        {
            __SearchShadow::deserialize(deserializer)
        }
    }
    #[automatically_derived]
    impl ::toolgate::schemars::JsonSchema for Search {
        fn inline_schema() -> bool {
            <__SearchShadow as ::toolgate::schemars::JsonSchema>::inline_schema()
        }
        fn schema_name() -> ::std::borrow::Cow<'static, str> {
            <__SearchShadow as ::toolgate::schemars::JsonSchema>::schema_name()
        }
        fn schema_id() -> ::std::borrow::Cow<'static, str> {
            <__SearchShadow as ::toolgate::schemars::JsonSchema>::schema_id()
        }
        fn json_schema(
            generator: &mut ::toolgate::schemars::SchemaGenerator,
        ) -> ::toolgate::schemars::Schema {
            <__SearchShadow as ::toolgate::schemars::JsonSchema>::json_schema(generator)
        }
    }
    #[automatically_derived]
    impl ::toolgate::Tool for Search {
        fn spec() -> ::toolgate::ToolSpec {
            ::toolgate::ToolSpec::new("search").description("Search the notes.")
        }
    }
};
