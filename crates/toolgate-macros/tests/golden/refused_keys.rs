::core::compile_error! {
    "`#[tool(..)]` belongs on the struct"
}
::core::compile_error! {
    "unknown key `scope`; expected one of `name`, `title`, `read_only`, `destructive`, `idempotent`, `open_world`, `recursive`, `scopes`, `roles`, `guard`, `max_age`, `acr`, `listed`, `advertised`, `timeout`, `single_use`, `unasked_answers`, `icon`"
}
::core::compile_error! {
    "a tool name consists of A-Z, a-z, 0-9, `_`, `-` and `.`; `two words` contains ' '"
}
::core::compile_error! {
    "expected a whole number and a unit, as in \"250ms\", \"10s\" or \"2m\""
}
::core::compile_error! {
    "a scope cannot be empty"
}
::core::compile_error! {
    "a scope cannot contain a space; write one string for each"
}
::core::compile_error! {
    "`read_only` is given twice"
}
::core::compile_error! {
    "expected `true` or `false`"
}
const _: () = {
    impl<'de> ::toolgate::serde::Deserialize<'de> for Refused {
        fn deserialize<D>(_: D) -> ::core::result::Result<Self, D::Error>
        where
            D: ::toolgate::serde::Deserializer<'de>,
        {
            ::core::result::Result::Err(::toolgate::serde::de::Error::custom("refused"))
        }
    }
    impl ::toolgate::schemars::JsonSchema for Refused {
        fn schema_name() -> ::std::borrow::Cow<'static, str> {
            ::std::borrow::Cow::Borrowed("refused")
        }
        fn json_schema(
            _: &mut ::toolgate::schemars::SchemaGenerator,
        ) -> ::toolgate::schemars::Schema {
            ::core::default::Default::default()
        }
    }
    impl ::toolgate::Tool for Refused {
        fn spec() -> ::toolgate::ToolSpec {
            ::toolgate::ToolSpec::new("refused")
        }
    }
};
