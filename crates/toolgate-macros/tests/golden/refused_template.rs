::core::compile_error! {
    "expected a function, without quotes: `complete = users`"
}
::core::compile_error! {
    "`title` belongs on the struct"
}
::core::compile_error! {
    "unknown key `completes`; expected `complete`"
}
::core::compile_error! {
    "`complete` is given twice"
}
::core::compile_error! {
    "`complete` belongs on a field"
}
::core::compile_error! {
    "unknown key `colour`; expected one of `uri`, `name`, `title`, `mime_type`, `size`, `scopes`, `roles`, `guard`, `max_age`, `acr`, `listed`, `advertised`, `timeout`, `single_use`, `unasked_answers`, `icon`"
}
::core::compile_error! {
    "expected a media type, as in \"text/markdown\""
}
::core::compile_error! {
    "an icon is a URI that starts with `https:` or `data:`"
}
::core::compile_error! {
    "a resource needs a name of at least one character"
}
::core::compile_error! {
    "`uri` is given twice"
}
::core::compile_error! {
    "`rename_all`: a field is found by its variable's name; rename the field or the variable"
}
::core::compile_error! {
    "`try_from`: the URI's variables are the fields of this struct; convert in a field's type"
}
::core::compile_error! {
    "`rename`: a field is found by its variable's name; rename the field or the variable"
}
::core::compile_error! {
    "`skip`: each field is a variable of the URI; take the field away"
}
::core::compile_error! {
    "no field for `{id}`; add `id: String` to the struct"
}
::core::compile_error! {
    "no variable for `seen`; write `{seen}` into the URI, or `{?seen}` at its end"
}
::core::compile_error! {
    "a template stands for many resources, so it has no size"
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
