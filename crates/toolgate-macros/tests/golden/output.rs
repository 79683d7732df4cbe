const _: () = {
    #[derive(::toolgate::serde::Serialize, ::toolgate::schemars::JsonSchema)]
    #[serde(remote = "Deleted", crate = "::toolgate::serde", rename = "Deleted")]
    #[schemars(crate = "::toolgate::schemars", rename = "Deleted")]
    /// What was deleted.
    #[allow(
        dead_code,
        non_camel_case_types,
        non_snake_case,
        clippy::all,
        clippy::pedantic,
        reason = "written by a derive"
    )]
    struct __DeletedShadow {
        /// In bytes.
        size: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    }
    #[automatically_derived]
    impl ::toolgate::serde::Serialize for Deleted {
        fn serialize<S>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error>
        where
            S: ::toolgate::serde::Serializer,
        {
            __DeletedShadow::serialize(self, serializer)
        }
    }
    #[automatically_derived]
    impl ::toolgate::schemars::JsonSchema for Deleted {
        fn inline_schema() -> bool {
            <__DeletedShadow as ::toolgate::schemars::JsonSchema>::inline_schema()
        }
        fn schema_name() -> ::std::borrow::Cow<'static, str> {
            <__DeletedShadow as ::toolgate::schemars::JsonSchema>::schema_name()
        }
        fn schema_id() -> ::std::borrow::Cow<'static, str> {
            <__DeletedShadow as ::toolgate::schemars::JsonSchema>::schema_id()
        }
        fn json_schema(
            generator: &mut ::toolgate::schemars::SchemaGenerator,
        ) -> ::toolgate::schemars::Schema {
            <__DeletedShadow as ::toolgate::schemars::JsonSchema>::json_schema(generator)
        }
    }
    #[automatically_derived]
    impl ::toolgate::Output for Deleted {
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
