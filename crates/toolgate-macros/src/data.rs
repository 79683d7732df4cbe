//! `derive(Arguments)` and `derive(Output)`: types inside arguments, and structured results.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Data, DeriveInput};

use crate::dummy;
use crate::errors::Errors;
use crate::shadow::{self, Direction, Plan, Schema};

/// The impls for a type that comes from the client: `Deserialize` and `JsonSchema`.
pub(crate) fn expand_arguments(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    if let Some(errors) = refuse(&input, "Arguments") {
        let (deserialize, json_schema) = (dummy::deserialize(&input), dummy::json_schema(&input));
        let dummies = shadow::scope(&input, &quote!(#deserialize #json_schema));
        return quote!(#errors #dummies);
    }
    let plan =
        Plan { direction: Direction::Read, schema: Schema::Described, unit_is_object: false };
    shadow::scope(&input, &shadow::impls(&input, plan))
}

/// The impls for a type that goes to the client: `Serialize`, `JsonSchema` and `Output`.
pub(crate) fn expand_output(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    if let Some(errors) = refuse(&input, "Output") {
        let (serialize, json_schema) = (dummy::serialize(&input), dummy::json_schema(&input));
        let output = dummy::output(&input);
        let dummies = shadow::scope(&input, &quote!(#serialize #json_schema #output));
        return quote!(#errors #dummies);
    }
    let plan =
        Plan { direction: Direction::Write, schema: Schema::Described, unit_is_object: true };
    let (impls, output) = (shadow::impls(&input, plan), output(&input.ident));
    shadow::scope(&input, &quote!(#impls #output))
}

/// The type answers as `Json` of itself would.
fn output(ident: &Ident) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl ::toolgate::Output for #ident {
            fn schema() -> ::core::option::Option<::toolgate::schemars::Schema> {
                <::toolgate::Json<Self> as ::toolgate::Output>::schema()
            }
            fn into_result(
                self,
            ) -> ::toolgate::Result<::toolgate::protocol::tool::CallToolResult> {
                ::toolgate::Output::into_result(::toolgate::Json(self))
            }
        }
    }
}

/// The faults of the type's shape, if any.
fn refuse(input: &DeriveInput, derive: &str) -> Option<TokenStream> {
    let mut errors = Errors::default();
    if let Data::Union(data) = &input.data {
        errors.at(
            data.union_token,
            format!("derive({derive}) takes a struct or an enum, not a union"),
        );
    }
    if !input.generics.params.is_empty() {
        errors.at(&input.generics, format!("derive({derive}) does not take a generic type"));
    }
    errors.into_compile_errors()
}
