const _: () = {
    #[derive(::toolgate::serde::Deserialize, ::toolgate::schemars::JsonSchema)]
    #[serde(remote = "DeleteFile", crate = "::toolgate::serde", rename = "DeleteFile")]
    #[schemars(crate = "::toolgate::schemars", rename = "DeleteFile")]
    #[allow(
        dead_code,
        non_camel_case_types,
        non_snake_case,
        clippy::all,
        clippy::pedantic,
        reason = "written by a derive"
    )]
    struct __DeleteFileShadow {
        /// Path relative to the root.
        path: String,
    }
    #[automatically_derived]
    impl<'de> ::toolgate::serde::Deserialize<'de> for DeleteFile {
        fn deserialize<D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
        where
            D: ::toolgate::serde::Deserializer<'de>,
        {
            __DeleteFileShadow::deserialize(deserializer)
        }
    }
    #[automatically_derived]
    impl ::toolgate::schemars::JsonSchema for DeleteFile {
        fn inline_schema() -> bool {
            <__DeleteFileShadow as ::toolgate::schemars::JsonSchema>::inline_schema()
        }
        fn schema_name() -> ::std::borrow::Cow<'static, str> {
            <__DeleteFileShadow as ::toolgate::schemars::JsonSchema>::schema_name()
        }
        fn schema_id() -> ::std::borrow::Cow<'static, str> {
            <__DeleteFileShadow as ::toolgate::schemars::JsonSchema>::schema_id()
        }
        fn json_schema(
            generator: &mut ::toolgate::schemars::SchemaGenerator,
        ) -> ::toolgate::schemars::Schema {
            <__DeleteFileShadow as ::toolgate::schemars::JsonSchema>::json_schema(
                generator,
            )
        }
    }
    #[automatically_derived]
    impl ::toolgate::Tool for DeleteFile {
        fn spec() -> ::toolgate::ToolSpec {
            ::toolgate::ToolSpec::new("files.delete")
                .description(
                    "Delete a file from the workspace.\n\nThe file is gone for good:\nthere is no bin.",
                )
                .title("Delete a file")
                .read_only(false)
                .destructive(true)
                .idempotent(true)
                .open_world(false)
                .recursive(true)
                .scopes(["files:write", "files:delete"])
                .roles(["editor", "admin"])
                .guard(scope("files:write").or(role("admin")))
                .max_age(::core::time::Duration::from_secs(900))
                .acr(["phr", "phrh"])
                .listed(true)
                .advertised(false)
                .timeout(::core::time::Duration::from_millis(10000))
                .icon("https://a.example/delete.svg")
                .single_use(true)
                .unasked_answers(false)
        }
    }
};
