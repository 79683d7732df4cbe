::core::compile_error! {
    "derive(Output) does not take a generic type"
}
const _: () = {
    impl<T> ::toolgate::serde::Serialize for Page<T>
    where
        T: ::core::marker::Send + ::core::marker::Sync + 'static,
    {
        fn serialize<S>(&self, _: S) -> ::core::result::Result<S::Ok, S::Error>
        where
            S: ::toolgate::serde::Serializer,
        {
            ::core::result::Result::Err(::toolgate::serde::ser::Error::custom("refused"))
        }
    }
    impl<T> ::toolgate::schemars::JsonSchema for Page<T>
    where
        T: ::core::marker::Send + ::core::marker::Sync + 'static,
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
    impl<T> ::toolgate::Output for Page<T>
    where
        T: ::core::marker::Send + ::core::marker::Sync + 'static,
    {
        fn into_result(
            self,
        ) -> ::toolgate::Result<::toolgate::protocol::tool::CallToolResult> {
            ::toolgate::Output::into_result(())
        }
    }
};
