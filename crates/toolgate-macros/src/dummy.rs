//! Impls for an input that was refused, so that the user sees the fault and not its echoes.
//!
//! They only have to satisfy the compiler: nothing runs, since the build fails.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, GenericParam, Generics, Lifetime, LifetimeParam, parse_quote};

use crate::kind::Kind;

/// `Deserialize` for the refused type.
pub(crate) fn deserialize(input: &DeriveInput) -> TokenStream {
    let ident = &input.ident;
    let (_, of_type, _) = input.generics.split_for_impl();
    let mut generics = loosened(&input.generics);
    let de = LifetimeParam::new(Lifetime::new("'de", proc_macro2::Span::call_site()));
    generics.params.insert(0, GenericParam::Lifetime(de));
    let (of_impl, _, bounds) = generics.split_for_impl();
    quote! {
        impl #of_impl ::toolgate::serde::Deserialize<'de> for #ident #of_type #bounds {
            fn deserialize<D>(_: D) -> ::core::result::Result<Self, D::Error>
            where
                D: ::toolgate::serde::Deserializer<'de>,
            {
                ::core::result::Result::Err(::toolgate::serde::de::Error::custom("refused"))
            }
        }
    }
}

/// `Serialize` for the refused type.
pub(crate) fn serialize(input: &DeriveInput) -> TokenStream {
    let body = quote! {
        fn serialize<S>(&self, _: S) -> ::core::result::Result<S::Ok, S::Error>
        where
            S: ::toolgate::serde::Serializer,
        {
            ::core::result::Result::Err(::toolgate::serde::ser::Error::custom("refused"))
        }
    };
    implement(&quote!(::toolgate::serde::Serialize), input, &body)
}

/// `JsonSchema` for the refused type.
pub(crate) fn json_schema(input: &DeriveInput) -> TokenStream {
    let body = quote! {
        fn schema_name() -> ::std::borrow::Cow<'static, str> {
            ::std::borrow::Cow::Borrowed("refused")
        }
        fn json_schema(
            _: &mut ::toolgate::schemars::SchemaGenerator,
        ) -> ::toolgate::schemars::Schema {
            ::core::default::Default::default()
        }
    };
    implement(&quote!(::toolgate::schemars::JsonSchema), input, &body)
}

/// `Tool`, `Resource` or `Prompt` for the refused type.
pub(crate) fn spec(input: &DeriveInput, kind: &Kind) -> TokenStream {
    let (interface, spec) = (kind.interface(), kind.spec());
    let body = quote! {
        fn spec() -> #spec {
            #spec::new("refused")
        }
    };
    implement(&interface, input, &body)
}

/// `Output` for the refused type.
pub(crate) fn output(input: &DeriveInput) -> TokenStream {
    let body = quote! {
        fn into_result(
            self,
        ) -> ::toolgate::Result<::toolgate::protocol::tool::CallToolResult> {
            ::toolgate::Output::into_result(())
        }
    };
    implement(&quote!(::toolgate::Output), input, &body)
}

fn implement(interface: &TokenStream, input: &DeriveInput, body: &TokenStream) -> TokenStream {
    let ident = &input.ident;
    let generics = loosened(&input.generics);
    let (of_impl, _, bounds) = generics.split_for_impl();
    let (_, of_type, _) = input.generics.split_for_impl();
    quote! { impl #of_impl #interface for #ident #of_type #bounds { #body } }
}

/// The type's generics, with bounds that meet any supertrait of ours.
fn loosened(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    let types: Vec<_> = generics.type_params().map(|param| param.ident.clone()).collect();
    let lifetimes: Vec<_> = generics.lifetimes().map(|param| param.lifetime.clone()).collect();
    let bounds = generics.make_where_clause();
    for param in types {
        bounds
            .predicates
            .push(parse_quote!(#param: ::core::marker::Send + ::core::marker::Sync + 'static));
    }
    for param in lifetimes {
        bounds.predicates.push(parse_quote!(#param: 'static));
    }
    generics
}
