::core::compile_error! {
    "`rename_all` gives this field another name, and `complete` needs to know it; write it on the field: `#[serde(rename = \"..\")]`"
}
::core::compile_error! {
    "expected `complete = <function>`"
}
::core::compile_error! {
    "`listed` belongs on the struct"
}
::core::compile_error! {
    "unknown key `uri`; expected one of `name`, `title`, `scopes`, `roles`, `guard`, `max_age`, `acr`, `listed`, `advertised`, `timeout`, `single_use`, `unasked_answers`, `icon`"
}
::core::compile_error! {
    "a prompt name cannot contain '\\n'"
}
::core::compile_error! {
    "`complete` belongs on a field"
}
const _: () = {
    impl<'de> ::toolgate::serde::Deserialize<'de> for Review {
        fn deserialize<D>(_: D) -> ::core::result::Result<Self, D::Error>
        where
            D: ::toolgate::serde::Deserializer<'de>,
        {
            ::core::result::Result::Err(::toolgate::serde::de::Error::custom("refused"))
        }
    }
    impl ::toolgate::schemars::JsonSchema for Review {
        fn schema_name() -> ::std::borrow::Cow<'static, str> {
            ::std::borrow::Cow::Borrowed("refused")
        }
        fn json_schema(
            _: &mut ::toolgate::schemars::SchemaGenerator,
        ) -> ::toolgate::schemars::Schema {
            ::core::default::Default::default()
        }
    }
    impl ::toolgate::Prompt for Review {
        fn spec() -> ::toolgate::PromptSpec {
            ::toolgate::PromptSpec::new("refused")
        }
    }
};
