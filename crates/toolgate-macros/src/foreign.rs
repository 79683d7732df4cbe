//! What `#[serde(..)]` and `#[schemars(..)]` say, where it matters to a derive of ours.

use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Field, Lit, Meta, Token};

/// The key as the user wrote it, if in any attribute of that name.
pub(crate) fn written(attrs: &[Attribute], attr: &str, key: &str) -> Option<Meta> {
    let attrs = attrs.iter().filter(|candidate| candidate.path().is_ident(attr));
    let mut keys = attrs.filter_map(keys).flatten();
    keys.find(|meta| meta.path().is_ident(key))
}

/// The keys of `#[serde(..)]` or `#[schemars(..)]`; `None` when they do not parse, which is for
/// serde or schemars to report.
pub(crate) fn keys(attr: &Attribute) -> Option<Punctuated<Meta, Token![,]>> {
    attr.parse_args_with(Punctuated::parse_terminated).ok()
}

/// The name that serde reads the field by, where `rename` gives it one.
pub(crate) fn renamed(field: &Field) -> Option<String> {
    match written(&field.attrs, "serde", "rename")? {
        Meta::NameValue(rename) => text(&rename.value),
        Meta::List(list) => {
            let sides =
                list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
            let read = sides.iter().find(|side| side.path().is_ident("deserialize"))?;
            text(&read.require_name_value().ok()?.value)
        }
        Meta::Path(_) => None,
    }
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use syn::{Fields, ItemStruct, parse_quote};

    use super::renamed;

    #[test]
    fn the_name_that_is_read_counts() {
        let item: ItemStruct = parse_quote! {
            struct A {
                plain: u8,
                #[serde(default, rename = "one")]
                a: u8,
                #[serde(rename(serialize = "no", deserialize = "two"))]
                b: u8,
                #[serde(rename(serialize = "no"))]
                c: u8,
            }
        };
        let Fields::Named(fields) = item.fields else { panic!("named fields") };
        let names: Vec<Option<String>> = fields.named.iter().map(renamed).collect();
        assert_eq!(names, [None, Some("one".into()), Some("two".into()), None]);
    }
}
