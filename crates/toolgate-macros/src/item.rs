//! What `derive(Tool)`, `derive(Resource)` and `derive(Prompt)` expand to: the fields are what
//! comes from the client, the attribute and the doc comment make the spec.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, LitStr};

use crate::attrs::{self, Attrs};
use crate::errors::Errors;
use crate::kind::Kind;
use crate::shadow::{self, Direction, Plan, Schema};
use crate::{docs, dummy, name};

/// The impls of `Deserialize`, of `JsonSchema` where the kind has one, and of the kind's trait;
/// `compile_error!`s and dummy impls when the struct is refused.
pub(crate) fn expand(input: TokenStream, kind: &Kind) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Errors::default();
    check_shape(&input, kind, &mut errors);
    let attrs = attrs::read(&input, kind, &mut errors);
    (kind.check)(&input, &attrs, &mut errors);
    let name = name(&input, kind, &attrs, &mut errors);
    if let Some(errors) = errors.into_compile_errors() {
        return refused(&input, kind, &errors);
    }

    // The spec carries the struct's doc comment; a schema would only repeat it.
    let schema = if kind.has_schema { Schema::OfFields } else { Schema::None };
    let plan = Plan { direction: Direction::Read, schema, unit_is_object: true };
    let fields = shadow::impls(&input, plan);
    let spec = spec(&input, kind, &name, &attrs);
    shadow::scope(&input, &quote!(#fields #spec))
}

fn spec(input: &DeriveInput, kind: &Kind, name: &LitStr, attrs: &Attrs) -> TokenStream {
    let ident = &input.ident;
    let (interface, spec) = (kind.interface(), kind.spec());
    let new = match &attrs.uri {
        Some(uri) => quote!(#spec::new(#uri).name(#name)),
        None => quote!(#spec::new(#name)),
    };
    let description = docs::description(&input.attrs).map(|text| quote!(.description(#text)));
    let calls = &attrs.calls;
    quote! {
        #[automatically_derived]
        impl #interface for #ident {
            fn spec() -> #spec {
                #new #description #(#calls)*
            }
        }
    }
}

fn refused(input: &DeriveInput, kind: &Kind, errors: &TokenStream) -> TokenStream {
    let deserialize = dummy::deserialize(input);
    let json_schema = kind.has_schema.then(|| dummy::json_schema(input));
    let spec = dummy::spec(input, kind);
    let dummies = shadow::scope(input, &quote!(#deserialize #json_schema #spec));
    quote!(#errors #dummies)
}

/// What comes from the client has names that are known: a struct with named fields, or none.
fn check_shape(input: &DeriveInput, kind: &Kind, errors: &mut Errors) {
    let Kind { noun, fields: named, single, .. } = kind;
    match &input.data {
        Data::Struct(data) => {
            if let Fields::Unnamed(fields) = &data.fields {
                let message =
                    format!("a {noun}'s {named} have names: write `{{ name: Type, .. }}`");
                errors.at(fields, message);
            }
        }
        Data::Enum(data) => {
            let message = format!(
                "a {noun} is a struct; write one struct for each {noun}, or take the enum as a field"
            );
            errors.at(data.enum_token, message);
        }
        Data::Union(data) => errors.at(data.union_token, format!("a {noun} is a struct")),
    }
    if !input.generics.params.is_empty() {
        let message = format!("a {noun} has one {single}, so its struct cannot be generic");
        errors.at(&input.generics, message);
    }
}

/// The name from the attribute, or the one made from the type's name.
fn name(input: &DeriveInput, kind: &Kind, attrs: &Attrs, errors: &mut Errors) -> LitStr {
    if let Some(name) = &attrs.name {
        return name.clone();
    }
    let made = name::snake_case(&input.ident.unraw().to_string());
    if let (None, Err(message)) = (attrs.given("name"), (kind.name)(&made)) {
        let message = format!("{message}; choose one with `#[{}(name = \"..\")]`", kind.noun);
        errors.at(&input.ident, message);
    }
    LitStr::new(&made, Span::call_site())
}
