::core::compile_error! {
    "a tool's arguments have names: write `{ name: Type, .. }`"
}
::core::compile_error! {
    "a tool has one schema, so its struct cannot be generic"
}
const _: () = {
    impl<'de, 'a, T: Clone> ::toolgate::serde::Deserialize<'de> for Pair<'a, T>
    where
        T: Default,
        T: ::core::marker::Send + ::core::marker::Sync + 'static,
        'a: 'static,
    {
        fn deserialize<D>(_: D) -> ::core::result::Result<Self, D::Error>
        where
            D: ::toolgate::serde::Deserializer<'de>,
        {
            ::core::result::Result::Err(::toolgate::serde::de::Error::custom("refused"))
        }
    }
    impl<'a, T: Clone> ::toolgate::schemars::JsonSchema for Pair<'a, T>
    where
        T: Default,
        T: ::core::marker::Send + ::core::marker::Sync + 'static,
        'a: 'static,
    {
        fn schema_name() -> ::std::borrow::Cow<'static, str> {
            ::std::borrow::Cow::Borrowed("refused")
        }
        fn json_schema(
            _: &mut ::toolgate::schemars::SchemaGenerator,
        ) -> ::toolgate::schemars::Schema {
            ::core::default::Default::default()
        }
    }
    impl<'a, T: Clone> ::toolgate::Tool for Pair<'a, T>
    where
        T: Default,
        T: ::core::marker::Send + ::core::marker::Sync + 'static,
        'a: 'static,
    {
        fn spec() -> ::toolgate::ToolSpec {
            ::toolgate::ToolSpec::new("refused")
        }
    }
};
