//! Reads `#[tool(..)]`: each key at most once, each value checked, each fault reported.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Expr, ExprLit, Lit, LitStr, Token, parenthesized, token};

use crate::errors::Errors;
use crate::{literal, name};

/// What all `#[tool(..)]` attributes of a struct say together.
#[derive(Default)]
pub(crate) struct ToolAttrs {
    pub(crate) name: Option<LitStr>,
    /// The builder calls, in the order the keys were written.
    pub(crate) calls: Vec<TokenStream>,
}

/// Reads the attributes; what is wrong goes to `errors`.
pub(crate) fn read(input: &DeriveInput, errors: &mut Errors) -> ToolAttrs {
    refuse_misplaced(input, errors);
    let mut attrs = ToolAttrs::default();
    let mut seen: Vec<String> = Vec::new();
    for attr in input.attrs.iter().filter(is_tool) {
        let entries = match attr.parse_args_with(Punctuated::<Entry, Token![,]>::parse_terminated) {
            Ok(entries) => entries,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        for entry in entries {
            let key = entry.key.unraw().to_string();
            if seen.contains(&key) {
                errors.at(&entry.key, format!("`{key}` is given twice"));
                continue;
            }
            if let Err(error) = attrs.add(&key, &entry) {
                errors.push(error);
            }
            seen.push(key);
        }
    }
    attrs
}

impl ToolAttrs {
    /// Adds one key. A key's builder method has the same name.
    fn add(&mut self, key: &str, entry: &Entry) -> syn::Result<()> {
        let argument = match key {
            "name" => {
                let text = entry.string("name = \"..\"")?;
                self.name = Some(checked(text, name::check)?);
                return Ok(());
            }
            "title" => {
                let text =
                    checked(entry.string("title = \"..\"")?, |text| literal::text("title", text))?;
                quote!(#text)
            }
            "read_only" | "destructive" | "idempotent" | "open_world" | "listed" | "advertised"
            | "single_use" | "unasked_answers" => {
                let on = entry.switch(key)?;
                quote!(#on)
            }
            "scopes" => entry.strings(literal::scope)?,
            "roles" => entry.strings(|text| literal::text("role", text))?,
            "guard" => {
                let guard = entry.expression("guard = <expression>")?;
                quote!(#guard)
            }
            "timeout" => {
                let text = entry.string("timeout = \"10s\"")?;
                let millis =
                    literal::timeout(&text.value()).map_err(|m| syn::Error::new(text.span(), m))?;
                let millis = Literal::u64_unsuffixed(millis);
                quote!(::core::time::Duration::from_millis(#millis))
            }
            _ => return Err(entry.unknown(key)),
        };
        let method = &entry.key;
        self.calls.push(quote!(.#method(#argument)));
        Ok(())
    }
}

/// Every key, in the order of the documentation.
const KEYS: [&str; 14] = [
    "name",
    "title",
    "read_only",
    "destructive",
    "idempotent",
    "open_world",
    "scopes",
    "roles",
    "guard",
    "listed",
    "advertised",
    "timeout",
    "single_use",
    "unasked_answers",
];

/// `key`, `key = value` or `key(values)`: any key, so that one unknown key hides no other fault.
struct Entry {
    key: Ident,
    value: Value,
}

enum Value {
    None,
    Assigned(Box<Expr>),
    List(token::Paren, TokenStream),
}

impl Parse for Entry {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let key = input.call(Ident::parse_any)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Value::Assigned(input.parse()?)
        } else if input.peek(token::Paren) {
            let content;
            let paren = parenthesized!(content in input);
            Value::List(paren, content.parse()?)
        } else {
            Value::None
        };
        Ok(Self { key, value })
    }
}

impl Entry {
    fn unknown(&self, key: &str) -> syn::Error {
        let keys: Vec<String> = KEYS.iter().map(|key| format!("`{key}`")).collect();
        self.error(format!("unknown key `{key}`; expected one of {}", keys.join(", ")))
    }

    /// A fault of the entry as a whole, at its key.
    fn error(&self, message: impl std::fmt::Display) -> syn::Error {
        syn::Error::new(self.key.span(), message)
    }

    fn expression(&self, form: &str) -> syn::Result<&Expr> {
        match &self.value {
            Value::Assigned(value) => Ok(value),
            Value::None | Value::List(..) => Err(self.error(format!("expected `{form}`"))),
        }
    }

    fn string(&self, form: &str) -> syn::Result<LitStr> {
        match self.expression(form)? {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.clone()),
            other => Err(syn::Error::new_spanned(other, format!("expected a string: `{form}`"))),
        }
    }

    fn switch(&self, key: &str) -> syn::Result<bool> {
        match &self.value {
            Value::None => Ok(true),
            Value::Assigned(value) => match &**value {
                Expr::Lit(ExprLit { lit: Lit::Bool(on), .. }) => Ok(on.value),
                other => Err(syn::Error::new_spanned(other, "expected `true` or `false`")),
            },
            Value::List(..) => Err(self.error(format!("expected `{key}` or `{key} = false`"))),
        }
    }

    /// The strings of `key("a", "b")` as an array; every bad one is reported.
    fn strings(&self, check: impl Fn(&str) -> Result<(), String>) -> syn::Result<TokenStream> {
        let key = self.key.unraw();
        let Value::List(paren, list) = &self.value else {
            return Err(self.error(format!("expected `{key}(\"..\", ..)`")));
        };
        let strings = Punctuated::<LitStr, Token![,]>::parse_terminated;
        let strings = syn::parse::Parser::parse2(strings, list.clone())?;
        if strings.is_empty() {
            let message = format!("`{key}()` asks for nothing; name at least one or leave it out");
            return Err(syn::Error::new(paren.span.join(), message));
        }
        let mut errors = Errors::default();
        for text in &strings {
            if let Err(message) = check(&text.value()) {
                errors.at(text, message);
            }
        }
        errors.into_result()?;
        let strings = strings.iter();
        Ok(quote!([#(#strings),*]))
    }
}

fn checked(text: LitStr, check: impl Fn(&str) -> Result<(), String>) -> syn::Result<LitStr> {
    match check(&text.value()) {
        Ok(()) => Ok(text),
        Err(message) => Err(syn::Error::new(text.span(), message)),
    }
}

fn is_tool(attr: &&Attribute) -> bool {
    attr.path().is_ident("tool")
}

/// `#[tool(..)]` on a field or a variant would otherwise be ignored in silence.
fn refuse_misplaced(input: &DeriveInput, errors: &mut Errors) {
    let mut refuse = |attrs: &[Attribute]| {
        for attr in attrs.iter().filter(is_tool) {
            errors.at(attr, "`#[tool(..)]` belongs on the struct");
        }
    };
    match &input.data {
        Data::Struct(data) => data.fields.iter().for_each(|field| refuse(&field.attrs)),
        Data::Enum(data) => data.variants.iter().for_each(|variant| refuse(&variant.attrs)),
        Data::Union(_) => {}
    }
}
