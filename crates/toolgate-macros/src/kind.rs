//! What tells a tool, a resource and a prompt apart: their words, their keys, checks of their own.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Attribute, DeriveInput};

use crate::attrs::Attrs;
use crate::errors::Errors;
use crate::literal;

/// One kind of item: what its derive reads and writes.
pub(crate) struct Kind {
    /// The attribute's name, and the word for what it describes.
    pub(crate) noun: &'static str,
    /// The trait. The builder has the same name with `Spec` behind it.
    pub(crate) interface: &'static str,
    /// What the fields are, in plural.
    pub(crate) fields: &'static str,
    /// What there is one of, which is why the struct cannot be generic.
    pub(crate) single: &'static str,
    /// Whether clients are told a schema of the fields.
    pub(crate) has_schema: bool,
    /// What a name has to be.
    pub(crate) name: Check,
    /// The keys on the struct, in the order of the documentation.
    pub(crate) keys: &'static [Key],
    /// The keys on a field.
    pub(crate) field_keys: &'static [Key],
    /// What is to be checked of this kind alone.
    pub(crate) check: fn(&DeriveInput, &Attrs, &mut Errors),
}

/// A key and what it takes.
pub(crate) type Key = (&'static str, Form);

/// Says what is wrong with a text.
pub(crate) type Check = fn(&str) -> Result<(), String>;

/// What a key takes. But for `Name` and `Uri` the key is a method of the builder.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// The item's name.
    Name,
    /// The URI, or the template of many.
    Uri,
    /// `key = ".."`.
    Text(Check),
    /// `key`, `key = true` or `key = false`.
    Switch,
    /// `key("..", ..)`.
    Strings(Check),
    /// `key = <expression>`.
    Expression,
    /// `key = "10s"`.
    Timeout,
    /// `key = "15m"`.
    Age,
    /// `key = "https://.."`.
    Icon,
    /// `key = 1024`.
    Size,
    /// `key = path` on a field, called with the field's name first.
    Function,
}

pub(crate) const NAME: Key = ("name", Form::Name);
pub(crate) const TITLE: Key = ("title", Form::Text(|text| literal::text("title", text)));
pub(crate) const SCOPES: Key = ("scopes", Form::Strings(literal::scope));
pub(crate) const ROLES: Key = ("roles", Form::Strings(|text| literal::text("role", text)));
pub(crate) const GUARD: Key = ("guard", Form::Expression);
pub(crate) const MAX_AGE: Key = ("max_age", Form::Age);
pub(crate) const ACR: Key = ("acr", Form::Strings(literal::class));
pub(crate) const LISTED: Key = ("listed", Form::Switch);
pub(crate) const ADVERTISED: Key = ("advertised", Form::Switch);
pub(crate) const TIMEOUT: Key = ("timeout", Form::Timeout);
pub(crate) const SINGLE_USE: Key = ("single_use", Form::Switch);
pub(crate) const UNASKED_ANSWERS: Key = ("unasked_answers", Form::Switch);
pub(crate) const ICON: Key = ("icon", Form::Icon);
pub(crate) const COMPLETE: Key = ("complete", Form::Function);

impl Kind {
    /// The path of the trait.
    pub(crate) fn interface(&self) -> TokenStream {
        let interface = Ident::new(self.interface, Span::call_site());
        quote!(::toolgate::#interface)
    }

    /// The path of the builder.
    pub(crate) fn spec(&self) -> TokenStream {
        let spec = format_ident!("{}Spec", self.interface);
        quote!(::toolgate::#spec)
    }

    /// Whether it is the attribute of this kind.
    pub(crate) fn owns(&self, attr: &Attribute) -> bool {
        attr.path().is_ident(self.noun)
    }
}

/// What the key takes, where the table has it.
pub(crate) fn form(keys: &[Key], key: &str) -> Option<Form> {
    keys.iter().find(|(known, _)| *known == key).map(|(_, form)| *form)
}

/// The keys of a table, for a message.
pub(crate) fn listed(keys: &[Key]) -> String {
    let keys: Vec<String> = keys.iter().map(|(key, _)| format!("`{key}`")).collect();
    keys.join(", ")
}
