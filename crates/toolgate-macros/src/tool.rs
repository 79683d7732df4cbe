//! `derive(Tool)`: the arguments from the fields, the spec from `#[tool(..)]` and the doc comment.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, LitStr};

use crate::attrs::{self, ToolAttrs};
use crate::errors::Errors;
use crate::shadow::{self, Direction, Plan};
use crate::{docs, dummy, name};

/// The impls of `Deserialize`, `JsonSchema` and `Tool` for the struct; `compile_error!`s and
/// dummy impls when it is refused.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Errors::default();
    check_shape(&input, &mut errors);
    let attrs = attrs::read(&input, &mut errors);
    let name = tool_name(&input, &attrs, &mut errors);
    if let Some(errors) = errors.into_compile_errors() {
        return refused(&input, &errors);
    }

    // The spec carries the struct's doc comment; the schema would only repeat it.
    let plan = Plan { direction: Direction::Read, describe: false, unit_is_object: true };
    let arguments = shadow::impls(&input, plan);
    let tool_spec = tool_spec(&input, &name, &attrs);
    shadow::scope(&input, &quote!(#arguments #tool_spec))
}

fn tool_spec(input: &DeriveInput, name: &LitStr, attrs: &ToolAttrs) -> TokenStream {
    let ident = &input.ident;
    let description = docs::description(&input.attrs).map(|text| quote!(.description(#text)));
    let calls = &attrs.calls;
    quote! {
        #[automatically_derived]
        impl ::toolgate::Tool for #ident {
            fn spec() -> ::toolgate::ToolSpec {
                ::toolgate::ToolSpec::new(#name) #description #(#calls)*
            }
        }
    }
}

fn refused(input: &DeriveInput, errors: &TokenStream) -> TokenStream {
    let deserialize = dummy::deserialize(input);
    let json_schema = dummy::json_schema(input);
    let tool_spec = dummy::tool_spec(input);
    let dummies = shadow::scope(input, &quote!(#deserialize #json_schema #tool_spec));
    quote!(#errors #dummies)
}

/// Arguments are an object whose members are known: a struct with named fields, or none.
fn check_shape(input: &DeriveInput, errors: &mut Errors) {
    match &input.data {
        Data::Struct(data) => {
            if let Fields::Unnamed(fields) = &data.fields {
                errors.at(fields, "a tool's arguments have names: write `{ name: Type, .. }`");
            }
        }
        Data::Enum(data) => errors.at(
            data.enum_token,
            "a tool is a struct; write one struct for each tool, or take the enum as a field",
        ),
        Data::Union(data) => errors.at(data.union_token, "a tool is a struct"),
    }
    if !input.generics.params.is_empty() {
        errors.at(&input.generics, "a tool has one schema, so its struct cannot be generic");
    }
}

/// The name from the attribute, or the one made from the type's name.
fn tool_name(input: &DeriveInput, attrs: &ToolAttrs, errors: &mut Errors) -> LitStr {
    if let Some(name) = &attrs.name {
        return name.clone();
    }
    let made = name::snake_case(&input.ident.unraw().to_string());
    if let Err(message) = name::check(&made) {
        errors.at(&input.ident, format!("{message}; choose one with `#[tool(name = \"..\")]`"));
    }
    LitStr::new(&made, Span::call_site())
}
