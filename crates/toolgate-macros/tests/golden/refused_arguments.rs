::core::compile_error! {
    "derive(Arguments) takes a struct or an enum, not a union"
}
const _: () = {
    impl<'de> ::toolgate::serde::Deserialize<'de> for Bits {
        fn deserialize<D>(_: D) -> ::core::result::Result<Self, D::Error>
        where
            D: ::toolgate::serde::Deserializer<'de>,
        {
            ::core::result::Result::Err(::toolgate::serde::de::Error::custom("refused"))
        }
    }
    impl ::toolgate::schemars::JsonSchema for Bits {
        fn schema_name() -> ::std::borrow::Cow<'static, str> {
            ::std::borrow::Cow::Borrowed("refused")
        }
        fn json_schema(
            _: &mut ::toolgate::schemars::SchemaGenerator,
        ) -> ::toolgate::schemars::Schema {
            ::core::default::Default::default()
        }
    }
};
