//! `derive(Resource)`: what it reads, and how fields and variables of the URI find each other.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{Attribute, Data, DeriveInput, Field, Fields, LitStr};

use crate::attrs::Attrs;
use crate::errors::Errors;
use crate::kind::{self, Form, Kind};
use crate::{foreign, literal, name, template};

/// The keys of `#[resource(..)]`, and what a resource is.
pub(crate) const KIND: Kind = Kind {
    noun: "resource",
    interface: "Resource",
    fields: "variables",
    single: "URI",
    has_schema: false,
    name: name::resource,
    keys: &[
        ("uri", Form::Uri),
        kind::NAME,
        kind::TITLE,
        ("mime_type", Form::Text(literal::media_type)),
        ("size", Form::Size),
        kind::SCOPES,
        kind::ROLES,
        kind::GUARD,
        kind::MAX_AGE,
        kind::ACR,
        kind::LISTED,
        kind::ADVERTISED,
        kind::TIMEOUT,
        kind::SINGLE_USE,
        kind::UNASKED_ANSWERS,
        kind::ICON,
    ],
    field_keys: &[kind::COMPLETE],
    check,
};

fn check(input: &DeriveInput, attrs: &Attrs, errors: &mut Errors) {
    refuse_serde(input, errors);
    let Some(uri) = &attrs.uri else {
        if attrs.given("uri").is_none() {
            errors.at(&input.ident, "a resource needs a URI: `#[resource(uri = \"..\")]`");
        }
        return;
    };
    let text = uri.value();
    // What is wrong with the template was told where the key was read.
    let Ok(variables) = template::variables(&text) else { return };
    let Some(fields) = fields(input) else { return };
    match_up(uri, &variables, &fields, errors);
    if let (Some(size), false) = (attrs.given("size"), variables.is_empty()) {
        errors.at(size, "a template stands for many resources, so it has no size");
    }
}

/// The fields; none of a shape that is refused anyway.
fn fields(input: &DeriveInput) -> Option<Vec<&Field>> {
    match &input.data {
        Data::Struct(data) if !matches!(data.fields, Fields::Unnamed(_)) => {
            Some(data.fields.iter().collect())
        }
        _ => None,
    }
}

/// Each variable is a field, each field a variable.
fn match_up(uri: &LitStr, variables: &[&str], fields: &[&Field], errors: &mut Errors) {
    // A name from serde is refused elsewhere, and need not be missed here as well.
    let name = |field: &&Field| {
        let own = || field.ident.iter().map(|name| name.unraw().to_string()).collect();
        foreign::renamed(field).unwrap_or_else(own)
    };
    let names: Vec<String> = fields.iter().map(name).collect();
    for variable in variables.iter().filter(|variable| !names.iter().any(|it| it == *variable)) {
        errors.at(uri, lacking(variable));
    }
    for (field, name) in fields.iter().zip(&names) {
        if !variables.contains(&name.as_str()) {
            let message = format!(
                "no variable for `{name}`; \
                 write `{{{name}}}` into the URI, or `{{?{name}}}` at its end"
            );
            errors.at(&field.ident, message);
        }
    }
}

/// What to do about a variable without a field.
fn lacking(variable: &str) -> String {
    let never = ["_", "self", "Self", "super", "crate"].contains(&variable);
    if never || variable.starts_with(|first: char| first.is_ascii_digit()) {
        return format!("no field can be called `{variable}`; give the variable another name");
    }
    let raw = if syn::parse_str::<Ident>(variable).is_err() { "r#" } else { "" };
    format!("no field for `{{{variable}}}`; add `{raw}{variable}: String` to the struct")
}

/// Refuses what would make serde read other names than those of the URI's variables.
fn refuse_serde(input: &DeriveInput, errors: &mut Errors) {
    let mut refuse = |attrs: &[Attribute], keys: &[&str], why: &str| {
        for meta in attrs
            .iter()
            .filter(|attr| attr.path().is_ident("serde"))
            .filter_map(foreign::keys)
            .flatten()
        {
            if let Some(key) = keys.iter().find(|key| meta.path().is_ident(key)) {
                errors.at(&meta, format!("`{key}`: {why}"));
            }
        }
    };
    let renamed = "a field is found by its variable's name; rename the field or the variable";
    let bypassed = "the URI's variables are the fields of this struct; convert in a field's type";
    refuse(&input.attrs, &["rename_all"], renamed);
    refuse(&input.attrs, &["from", "try_from", "transparent"], bypassed);
    if let Data::Struct(data) = &input.data {
        for field in &data.fields {
            refuse(&field.attrs, &["rename", "alias"], renamed);
            refuse(
                &field.attrs,
                &["flatten", "skip", "skip_deserializing"],
                "each field is a variable of the URI; take the field away",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::lacking;

    #[test]
    fn a_field_is_proposed_that_can_be_written() {
        assert_eq!(lacking("city"), "no field for `{city}`; add `city: String` to the struct");
        assert_eq!(lacking("type"), "no field for `{type}`; add `r#type: String` to the struct");
        for name in ["9", "0x", "_", "self", "Self", "super", "crate"] {
            let message =
                format!("no field can be called `{name}`; give the variable another name");
            assert_eq!(lacking(name), message);
        }
    }
}
