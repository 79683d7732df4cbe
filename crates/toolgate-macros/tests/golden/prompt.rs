const _: () = {
    #[derive(::toolgate::serde::Deserialize, ::toolgate::schemars::JsonSchema)]
    #[serde(remote = "Review", crate = "::toolgate::serde", rename = "Review")]
    #[schemars(crate = "::toolgate::schemars", rename = "Review")]
    #[allow(
        dead_code,
        non_camel_case_types,
        non_snake_case,
        clippy::all,
        clippy::pedantic,
        reason = "written by a derive"
    )]
    struct __ReviewShadow {
        /// The language that the change is written in.
        #[serde(rename = "lang")]
        language: String,
        r#for: Option<String>,
        diff: String,
    }
    #[automatically_derived]
    impl<'de> ::toolgate::serde::Deserialize<'de> for Review {
        fn deserialize<D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
        where
            D: ::toolgate::serde::Deserializer<'de>,
        {
            __ReviewShadow::deserialize(deserializer)
        }
    }
    #[automatically_derived]
    impl ::toolgate::schemars::JsonSchema for Review {
        fn inline_schema() -> bool {
            <__ReviewShadow as ::toolgate::schemars::JsonSchema>::inline_schema()
        }
        fn schema_name() -> ::std::borrow::Cow<'static, str> {
            <__ReviewShadow as ::toolgate::schemars::JsonSchema>::schema_name()
        }
        fn schema_id() -> ::std::borrow::Cow<'static, str> {
            <__ReviewShadow as ::toolgate::schemars::JsonSchema>::schema_id()
        }
        fn json_schema(
            generator: &mut ::toolgate::schemars::SchemaGenerator,
        ) -> ::toolgate::schemars::Schema {
            <__ReviewShadow as ::toolgate::schemars::JsonSchema>::json_schema(generator)
        }
    }
    #[automatically_derived]
    impl ::toolgate::Prompt for Review {
        fn spec() -> ::toolgate::PromptSpec {
            ::toolgate::PromptSpec::new("code.review")
                .description("Review a change.")
                .title("Review a change")
                .scopes(["code:read"])
                .roles(["dev"])
                .guard(when(|user: &User| user.active))
                .listed(false)
                .advertised(true)
                .timeout(::core::time::Duration::from_millis(120000))
                .icon("data:image/png;base64,AA==")
                .complete("lang", languages)
                .complete("for", Self::reviewers)
        }
    }
};
