::core::compile_error! {
    "a resource is a struct; write one struct for each resource, or take the enum as a field"
}
::core::compile_error! {
    "`#[resource(..)]` belongs on the struct"
}
::core::compile_error! {
    "`{id}`: nobody could tell where the variable before it ends; put something between them, such as a `/`"
}
const _: () = {
    impl<'de> ::toolgate::serde::Deserialize<'de> for Note {
        fn deserialize<D>(_: D) -> ::core::result::Result<Self, D::Error>
        where
            D: ::toolgate::serde::Deserializer<'de>,
        {
            ::core::result::Result::Err(::toolgate::serde::de::Error::custom("refused"))
        }
    }
    impl ::toolgate::Resource for Note {
        fn spec() -> ::toolgate::ResourceSpec {
            ::toolgate::ResourceSpec::new("refused")
        }
    }
};
