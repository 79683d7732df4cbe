//! The shadow: a private copy of the user's type, from which serde and schemars derive.
//!
//! A derive cannot add other derives to its own input, and serde's would look for a crate `serde`
//! in the user's manifest. So the shadow carries the user's fields and attributes, is told where
//! serde and schemars are, and uses serde's remote derive to read or write the real type directly.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::{Attribute, Data, DeriveInput, Fields, Meta, Variant, Visibility};

use crate::foreign::{keys, written};

/// What serde is to derive.
#[derive(Clone, Copy)]
pub(crate) enum Direction {
    /// `Deserialize`: the type comes from the client.
    Read,
    /// `Serialize`: the type goes to the client.
    Write,
}

/// What schemars is to derive.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Schema {
    /// Nothing.
    None,
    /// A schema that leaves the type's doc comment to somebody else.
    OfFields,
    /// A schema with the type's doc comment as its description.
    Described,
}

/// What the shadow takes over besides fields and attributes.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) direction: Direction,
    /// What schemars is to derive.
    pub(crate) schema: Schema,
    /// Whether a unit struct is read and written as an object without members.
    pub(crate) unit_is_object: bool,
}

/// The shadow, and the impls of serde's and schemars' traits that hand over to it.
///
/// To be placed in a scope of its own. The input must not be generic.
pub(crate) fn impls(input: &DeriveInput, plan: Plan) -> TokenStream {
    let shadow = format_ident!("__{}Shadow", input.ident.unraw());
    let item = item(input, &shadow, plan);
    let serde = match plan.direction {
        Direction::Read => deserialize(&input.ident, &shadow),
        Direction::Write => serialize(&input.ident, &shadow),
    };
    let schema = (plan.schema != Schema::None).then(|| json_schema(&input.ident, &shadow));
    quote! { #item #serde #schema }
}

/// A scope of its own for the items, so that no name leaks.
pub(crate) fn scope(input: &DeriveInput, items: &TokenStream) -> TokenStream {
    let deprecated = input.attrs.iter().any(|attr| attr.path().is_ident("deprecated"));
    // To describe a deprecated type is not to use it.
    let lints = deprecated.then(|| quote!(#[allow(deprecated, reason = "written by a derive")]));
    quote! { #lints const _: () = { #items }; }
}

fn item(input: &DeriveInput, shadow: &Ident, plan: Plan) -> TokenStream {
    let derive = match plan.direction {
        Direction::Read => quote!(::toolgate::serde::Deserialize),
        Direction::Write => quote!(::toolgate::serde::Serialize),
    };
    let schema = (plan.schema != Schema::None).then(|| quote!(, ::toolgate::schemars::JsonSchema));
    let attrs = container_attrs(input, plan.schema);
    let body = body(&input.data, shadow, plan);
    let body = replace_self(body, &input.ident);
    quote! {
        #[derive(#derive #schema)]
        #(#attrs)*
        #[allow(dead_code, non_camel_case_types, non_snake_case, clippy::all, clippy::pedantic, reason = "written by a derive")]
        #body
    }
}

fn deserialize(real: &Ident, shadow: &Ident) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl<'de> ::toolgate::serde::Deserialize<'de> for #real {
            fn deserialize<D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
            where
                D: ::toolgate::serde::Deserializer<'de>,
            {
                #shadow::deserialize(deserializer)
            }
        }
    }
}

fn serialize(real: &Ident, shadow: &Ident) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl ::toolgate::serde::Serialize for #real {
            fn serialize<S>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error>
            where
                S: ::toolgate::serde::Serializer,
            {
                #shadow::serialize(self, serializer)
            }
        }
    }
}

fn json_schema(real: &Ident, shadow: &Ident) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl ::toolgate::schemars::JsonSchema for #real {
            fn inline_schema() -> bool {
                <#shadow as ::toolgate::schemars::JsonSchema>::inline_schema()
            }
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                <#shadow as ::toolgate::schemars::JsonSchema>::schema_name()
            }
            fn schema_id() -> ::std::borrow::Cow<'static, str> {
                <#shadow as ::toolgate::schemars::JsonSchema>::schema_id()
            }
            fn json_schema(
                generator: &mut ::toolgate::schemars::SchemaGenerator,
            ) -> ::toolgate::schemars::Schema {
                <#shadow as ::toolgate::schemars::JsonSchema>::json_schema(generator)
            }
        }
    }
}

/// The attributes of the shadow: ours where the user has not said otherwise, then the user's.
fn container_attrs(input: &DeriveInput, schema: Schema) -> Vec<TokenStream> {
    let real = input.ident.to_string();
    let serde = |key| written(&input.attrs, "serde", key);
    let schemars = |key| written(&input.attrs, "schemars", key);

    let mut for_serde = vec![quote!(remote = #real)];
    let mut for_schemars = Vec::new();
    if serde("crate").is_none() {
        for_serde.push(quote!(crate = "::toolgate::serde"));
    }
    if schemars("crate").is_none() {
        for_schemars.push(quote!(crate = "::toolgate::schemars"));
    }
    // With `remote`, schemars would take the name from there, not from serde's `rename`.
    let name = input.ident.unraw().to_string();
    let rename = match serde("rename") {
        None => {
            let rename = quote!(rename = #name);
            for_serde.push(rename.clone());
            rename
        }
        Some(Meta::NameValue(rename)) => rename.to_token_stream(),
        Some(_) => quote!(rename = #name),
    };
    if schemars("rename").is_none() {
        for_schemars.push(rename);
    }

    let mut attrs = vec![quote!(#[serde(#(#for_serde),*)])];
    if schema != Schema::None && !for_schemars.is_empty() {
        attrs.push(quote!(#[schemars(#(#for_schemars),*)]));
    }
    for attr in &input.attrs {
        if attr.path().is_ident("doc") {
            attrs.extend((schema == Schema::Described).then(|| attr.to_token_stream()));
        } else if is_copied(attr, schema) {
            attrs.push(with_default_of(attr, &real));
        }
    }
    attrs
}

/// A bare `default` on the type means `Default` of the real type: the shadow has none.
fn with_default_of(attr: &Attribute, real: &str) -> TokenStream {
    let Some(keys) = keys(attr) else {
        return attr.to_token_stream();
    };
    let default = format!("<{real} as ::core::default::Default>::default");
    let keys = keys.iter().map(|key| match key {
        Meta::Path(path) if path.is_ident("default") => quote!(#path = #default),
        other => other.to_token_stream(),
    });
    let path = attr.path();
    quote!(#[#path(#(#keys),*)])
}

fn body(data: &Data, shadow: &Ident, plan: Plan) -> TokenStream {
    match data {
        Data::Struct(data) => match &data.fields {
            Fields::Unit if plan.unit_is_object => quote!(struct #shadow {}),
            Fields::Named(_) => {
                let fields = fields(&data.fields, plan.schema);
                quote!(struct #shadow #fields)
            }
            other => {
                let fields = fields(other, plan.schema);
                quote!(struct #shadow #fields;)
            }
        },
        Data::Enum(data) => {
            let variants = data.variants.iter().map(|it| variant(it, plan.schema));
            quote!(enum #shadow { #(#variants),* })
        }
        // Refused before the shadow is made.
        Data::Union(_) => TokenStream::new(),
    }
}

/// A variant without its discriminant, which says nothing about the JSON.
fn variant(variant: &Variant, schema: Schema) -> TokenStream {
    let attrs = variant.attrs.iter().filter(|attr| is_copied(attr, schema));
    let (ident, fields) = (&variant.ident, fields(&variant.fields, schema));
    quote!(#(#attrs)* #ident #fields)
}

fn fields(fields: &Fields, schema: Schema) -> TokenStream {
    let mut fields = fields.clone();
    for field in &mut fields {
        field.attrs.retain(|attr| is_copied(attr, schema));
        field.vis = Visibility::Inherited;
    }
    fields.to_token_stream()
}

/// What serde and schemars read. Without schemars' derive, its attribute would be unknown.
fn is_copied(attr: &Attribute, schema: Schema) -> bool {
    ["doc", "deprecated", "serde"].iter().any(|name| attr.path().is_ident(name))
        || (schema != Schema::None && attr.path().is_ident("schemars"))
}

/// `Self` is the real type, also when written inside the shadow.
fn replace_self(tokens: TokenStream, real: &Ident) -> TokenStream {
    let replace = |token| match token {
        TokenTree::Ident(ident) if ident == "Self" => {
            let mut real = real.clone();
            real.set_span(ident.span());
            TokenTree::Ident(real)
        }
        TokenTree::Group(group) => {
            let mut replaced = Group::new(group.delimiter(), replace_self(group.stream(), real));
            replaced.set_span(group.span());
            TokenTree::Group(replaced)
        }
        other => other,
    };
    tokens.into_iter().map(replace).collect()
}
