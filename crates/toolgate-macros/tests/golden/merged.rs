const _: () = {
    #[derive(::toolgate::serde::Deserialize, ::toolgate::schemars::JsonSchema)]
    #[serde(remote = "HTTPFetch", crate = "::toolgate::serde", rename = "HTTPFetch")]
    #[schemars(crate = "::toolgate::schemars", rename = "HTTPFetch")]
    #[allow(
        dead_code,
        non_camel_case_types,
        non_snake_case,
        clippy::all,
        clippy::pedantic,
        reason = "written by a derive"
    )]
    struct __HTTPFetchShadow {
        url: String,
    }
    #[automatically_derived]
    impl<'de> ::toolgate::serde::Deserialize<'de> for HTTPFetch {
        fn deserialize<D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
        where
            D: ::toolgate::serde::Deserializer<'de>,
        {
            __HTTPFetchShadow::deserialize(deserializer)
        }
    }
    #[automatically_derived]
    impl ::toolgate::schemars::JsonSchema for HTTPFetch {
        fn inline_schema() -> bool {
            <__HTTPFetchShadow as ::toolgate::schemars::JsonSchema>::inline_schema()
        }
        fn schema_name() -> ::std::borrow::Cow<'static, str> {
            <__HTTPFetchShadow as ::toolgate::schemars::JsonSchema>::schema_name()
        }
        fn schema_id() -> ::std::borrow::Cow<'static, str> {
            <__HTTPFetchShadow as ::toolgate::schemars::JsonSchema>::schema_id()
        }
        fn json_schema(
            generator: &mut ::toolgate::schemars::SchemaGenerator,
        ) -> ::toolgate::schemars::Schema {
            <__HTTPFetchShadow as ::toolgate::schemars::JsonSchema>::json_schema(
                generator,
            )
        }
    }
    #[automatically_derived]
    impl ::toolgate::Tool for HTTPFetch {
        fn spec() -> ::toolgate::ToolSpec {
            ::toolgate::ToolSpec::new("http_fetch")
                .read_only(true)
                .timeout(::core::time::Duration::from_millis(120000))
                .listed(false)
                .guard(when(|user: &User| user.active))
        }
    }
};
