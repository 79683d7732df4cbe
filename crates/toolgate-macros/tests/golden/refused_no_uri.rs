::core::compile_error! {
    "a resource's variables have names: write `{ name: Type, .. }`"
}
::core::compile_error! {
    "a resource has one URI, so its struct cannot be generic"
}
::core::compile_error! {
    "expected a whole number of bytes; what is not known yet has no size"
}
::core::compile_error! {
    "a resource needs a URI: `#[resource(uri = \"..\")]`"
}
const _: () = {
    impl<'de, T> ::toolgate::serde::Deserialize<'de> for Note<T>
    where
        T: ::core::marker::Send + ::core::marker::Sync + 'static,
    {
        fn deserialize<D>(_: D) -> ::core::result::Result<Self, D::Error>
        where
            D: ::toolgate::serde::Deserializer<'de>,
        {
            ::core::result::Result::Err(::toolgate::serde::de::Error::custom("refused"))
        }
    }
    impl<T> ::toolgate::Resource for Note<T>
    where
        T: ::core::marker::Send + ::core::marker::Sync + 'static,
    {
        fn spec() -> ::toolgate::ResourceSpec {
            ::toolgate::ResourceSpec::new("refused")
        }
    }
};
