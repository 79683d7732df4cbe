//! One key of an attribute, and its value in the form that the key takes.

use std::fmt::Display;

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Lit, LitStr, Token, parenthesized, token};

use crate::errors::Errors;
use crate::kind::Check;

/// `key`, `key = value` or `key(values)`: any key, so that one unknown key hides no other fault.
pub(super) struct Entry {
    pub(super) key: Ident,
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
    pub(super) fn name(&self) -> String {
        self.key.unraw().to_string()
    }

    /// A fault of the entry as a whole, at its key.
    pub(super) fn error(&self, message: impl Display) -> syn::Error {
        syn::Error::new(self.key.span(), message)
    }

    pub(super) fn expression(&self, form: &str) -> syn::Result<&Expr> {
        match &self.value {
            Value::Assigned(value) => Ok(value),
            Value::None | Value::List(..) => {
                Err(self.error(format!("expected `{} = {form}`", self.name())))
            }
        }
    }

    fn string(&self, form: &str) -> syn::Result<LitStr> {
        match self.expression(form)? {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.clone()),
            other => {
                let message = format!("expected a string: `{} = {form}`", self.name());
                Err(syn::Error::new_spanned(other, message))
            }
        }
    }

    /// The string, where the check finds nothing wrong with it.
    pub(super) fn text(&self, form: &str, check: Check) -> syn::Result<LitStr> {
        let text = self.string(form)?;
        check(&text.value()).map_err(|message| syn::Error::new(text.span(), message))?;
        Ok(text)
    }

    /// The number that the string stands for.
    pub(super) fn parsed(
        &self,
        form: &str,
        parse: fn(&str) -> Result<u64, String>,
    ) -> syn::Result<Literal> {
        let text = self.string(form)?;
        let number = parse(&text.value()).map_err(|m| syn::Error::new(text.span(), m))?;
        Ok(Literal::u64_unsuffixed(number))
    }

    pub(super) fn switch(&self) -> syn::Result<bool> {
        match &self.value {
            Value::None => Ok(true),
            Value::Assigned(value) => match &**value {
                Expr::Lit(ExprLit { lit: Lit::Bool(on), .. }) => Ok(on.value),
                other => Err(syn::Error::new_spanned(other, "expected `true` or `false`")),
            },
            Value::List(..) => {
                let key = self.name();
                Err(self.error(format!("expected `{key}` or `{key} = false`")))
            }
        }
    }

    /// A count of bytes.
    pub(super) fn size(&self) -> syn::Result<Literal> {
        match self.expression("1024")? {
            Expr::Lit(ExprLit { lit: Lit::Int(size), .. }) => {
                Ok(Literal::u64_unsuffixed(size.base10_parse()?))
            }
            other => Err(syn::Error::new_spanned(
                other,
                "expected a whole number of bytes; what is not known yet has no size",
            )),
        }
    }

    /// A function by its path, or a closure.
    pub(super) fn function(&self) -> syn::Result<&Expr> {
        match self.expression("<function>")? {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
                let message = format!(
                    "expected a function, without quotes: `{} = {}`",
                    self.name(),
                    text.value()
                );
                Err(syn::Error::new(text.span(), message))
            }
            other => Ok(other),
        }
    }

    /// The strings of `key("a", "b")` as an array; every bad one is reported.
    pub(super) fn strings(&self, check: Check) -> syn::Result<TokenStream> {
        let key = self.name();
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
