const _: () = {
    #[derive(::toolgate::serde::Serialize, ::toolgate::schemars::JsonSchema)]
    #[serde(remote = "Hits", crate = "::toolgate::serde", rename = "Hits")]
    #[schemars(crate = "::toolgate::schemars", rename = "Hits")]
    #[serde(transparent)]
    #[allow(
        dead_code,
        non_camel_case_types,
        non_snake_case,
        clippy::all,
        clippy::pedantic,
        reason = "written by a derive"
    )]
    struct __HitsShadow(Vec<Hit>);
    #[automatically_derived]
    impl ::toolgate::serde::Serialize for Hits {
        fn serialize<S>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error>
        where
            S: ::toolgate::serde::Serializer,
        {
            __HitsShadow::serialize(self, serializer)
        }
    }
    #[automatically_derived]
    impl ::toolgate::schemars::JsonSchema for Hits {
        fn inline_schema() -> bool {
            <__HitsShadow as ::toolgate::schemars::JsonSchema>::inline_schema()
        }
        fn schema_name() -> ::std::borrow::Cow<'static, str> {
            <__HitsShadow as ::toolgate::schemars::JsonSchema>::schema_name()
        }
        fn schema_id() -> ::std::borrow::Cow<'static, str> {
            <__HitsShadow as ::toolgate::schemars::JsonSchema>::schema_id()
        }
        fn json_schema(
            generator: &mut ::toolgate::schemars::SchemaGenerator,
        ) -> ::toolgate::schemars::Schema {
            <__HitsShadow as ::toolgate::schemars::JsonSchema>::json_schema(generator)
        }
    }
    #[automatically_derived]
    impl ::toolgate::Output for Hits {
        fn schema() -> ::core::option::Option<::toolgate::schemars::Schema> {
            <::toolgate::Json<Self> as ::toolgate::Output>::schema()
        }
        fn into_result(
            self,
        ) -> ::toolgate::Result<::toolgate::protocol::tool::CallToolResult> {
            ::toolgate::Output::into_result(::toolgate::Json(self))
        }
    }
};
