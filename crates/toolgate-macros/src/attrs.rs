//! Reads `#[tool(..)]` and its sisters: each key at most once, each value checked, each fault told.

mod entry;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Field, LitStr, Token};

use self::entry::Entry;
use crate::errors::Errors;
use crate::kind::{self, Form, Kind};
use crate::{foreign, literal, uri};

/// What all attributes of a kind on a struct and its fields say together.
#[derive(Default)]
pub(crate) struct Attrs {
    pub(crate) name: Option<LitStr>,
    pub(crate) uri: Option<LitStr>,
    /// The builder calls: those of the struct in the order the keys were written, then the fields'.
    pub(crate) calls: Vec<TokenStream>,
    given: Vec<Ident>,
}

/// Reads the attributes; what is wrong goes to `errors`.
pub(crate) fn read(input: &DeriveInput, kind: &Kind, errors: &mut Errors) -> Attrs {
    let mut attrs = Attrs::default();
    let mut of_fields = Vec::new();
    match &input.data {
        Data::Struct(data) if !kind.field_keys.is_empty() => {
            for field in &data.fields {
                let call = |entry: &Entry| field_call(kind, input, field, entry);
                of_fields.extend(each(&field.attrs, kind, errors, call));
            }
        }
        Data::Struct(data) => {
            data.fields.iter().for_each(|field| refuse(&field.attrs, kind, errors));
        }
        Data::Enum(data) => {
            data.variants.iter().for_each(|variant| refuse(&variant.attrs, kind, errors));
        }
        Data::Union(_) => {}
    }
    let calls = each(&input.attrs, kind, errors, |entry| attrs.add(kind, entry));
    attrs.calls = calls.into_iter().flatten().chain(of_fields).collect();
    attrs
}

impl Attrs {
    /// The key as it was written on the struct, also where its value was refused.
    pub(crate) fn given(&self, key: &str) -> Option<&Ident> {
        self.given.iter().find(|given| given.unraw() == key)
    }

    /// Takes one key of the struct: it is kept for `new`, or becomes a builder call.
    fn add(&mut self, kind: &Kind, entry: &Entry) -> syn::Result<Option<TokenStream>> {
        let key = entry.name();
        let Some(form) = kind::form(kind.keys, &key) else {
            return Err(match kind::form(kind.field_keys, &key) {
                Some(_) => entry.error(format!("`{key}` belongs on a field")),
                None => unknown(entry, kind.keys),
            });
        };
        self.given.push(entry.key.clone());
        let argument = match form {
            Form::Name => {
                self.name = Some(entry.text("\"..\"", kind.name)?);
                return Ok(None);
            }
            Form::Uri => {
                self.uri = Some(entry.text("\"..\"", uri::check)?);
                return Ok(None);
            }
            other => argument(other, entry)?,
        };
        let method = &entry.key;
        Ok(Some(quote!(.#method(#argument))))
    }
}

/// The builder call of one key on a field.
fn field_call(
    kind: &Kind,
    input: &DeriveInput,
    field: &Field,
    entry: &Entry,
) -> syn::Result<TokenStream> {
    let key = entry.name();
    let Some(form) = kind::form(kind.field_keys, &key) else {
        return Err(match kind::form(kind.keys, &key) {
            Some(_) => entry.error(format!("`{key}` belongs on the struct")),
            None => unknown(entry, kind.field_keys),
        });
    };
    let argument = argument(form, entry)?;
    let name = match foreign::renamed(field) {
        Some(name) => name,
        None if foreign::written(&input.attrs, "serde", "rename_all").is_some() => {
            return Err(entry.error(format!(
                "`rename_all` gives this field another name, and `{key}` needs to know it; \
                 write it on the field: `#[serde(rename = \"..\")]`"
            )));
        }
        None => field.ident.iter().map(|name| name.unraw().to_string()).collect(),
    };
    let method = &entry.key;
    Ok(quote!(.#method(#name, #argument)))
}

/// What the builder's method is called with.
fn argument(form: Form, entry: &Entry) -> syn::Result<TokenStream> {
    Ok(match form {
        Form::Name | Form::Uri => return Err(entry.error("expected a key of the builder")),
        Form::Text(check) => {
            let text = entry.text("\"..\"", check)?;
            quote!(#text)
        }
        Form::Switch => {
            let on = entry.switch()?;
            quote!(#on)
        }
        Form::Strings(check) => entry.strings(check)?,
        Form::Expression => {
            let value = entry.expression("<expression>")?;
            quote!(#value)
        }
        Form::Timeout => {
            let millis = entry.parsed("\"10s\"", literal::timeout)?;
            quote!(::core::time::Duration::from_millis(#millis))
        }
        Form::Age => {
            let seconds = entry.parsed("\"15m\"", literal::age)?;
            quote!(::core::time::Duration::from_secs(#seconds))
        }
        Form::Icon => {
            let source = entry.text("\"https://..\"", literal::icon)?;
            quote!(#source)
        }
        Form::Size => {
            let bytes = entry.size()?;
            quote!(#bytes)
        }
        Form::Function => {
            let path = entry.function()?;
            quote!(#path)
        }
    })
}

/// What `take` makes of each key; a key that was there before is refused.
fn each<T>(
    attrs: &[Attribute],
    kind: &Kind,
    errors: &mut Errors,
    mut take: impl FnMut(&Entry) -> syn::Result<T>,
) -> Vec<T> {
    let mut taken = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    for attr in attrs.iter().filter(|attr| kind.owns(attr)) {
        let entries = match attr.parse_args_with(Punctuated::<Entry, Token![,]>::parse_terminated) {
            Ok(entries) => entries,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        for entry in entries {
            let key = entry.name();
            if seen.contains(&key) {
                errors.at(&entry.key, format!("`{key}` is given twice"));
                continue;
            }
            match take(&entry) {
                Ok(one) => taken.push(one),
                Err(error) => errors.push(error),
            }
            seen.push(key);
        }
    }
    taken
}

fn unknown(entry: &Entry, keys: &[kind::Key]) -> syn::Error {
    let (key, expected) = (entry.name(), kind::listed(keys));
    let one_of = if keys.len() > 1 { "one of " } else { "" };
    entry.error(format!("unknown key `{key}`; expected {one_of}{expected}"))
}

/// An attribute where it says nothing would otherwise be ignored in silence.
fn refuse(attrs: &[Attribute], kind: &Kind, errors: &mut Errors) {
    for attr in attrs.iter().filter(|attr| kind.owns(attr)) {
        errors.at(attr, format!("`#[{}(..)]` belongs on the struct", kind.noun));
    }
}
