//! A doc comment as the text a client shows.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The doc comment as a string expression, or `None` when there is none or it is blank.
///
/// The text keeps its lines and paragraphs; the margin that belongs to the comment is cut. With
/// `#[doc = include_str!(..)]` the text is not known here, so the expression joins the parts.
pub(crate) fn description(attrs: &[Attribute]) -> Option<TokenStream> {
    let parts: Vec<&Expr> = attrs.iter().filter_map(doc_value).collect();
    let texts: Option<Vec<String>> = parts.iter().map(|part| literal(part)).collect();
    if let Some(texts) = texts {
        let text = join(&texts);
        return (!text.is_empty()).then(|| text.to_token_stream());
    }
    let parts = parts.iter().enumerate().map(|(at, part)| {
        let newline = (at > 0).then(|| quote!("\n",));
        let part = literal(part)
            .map_or_else(|| part.to_token_stream(), |raw| unmargin(&raw).to_token_stream());
        quote!(#newline #part)
    });
    Some(quote!(::core::concat!(#(#parts),*)))
}

fn doc_value(attr: &Attribute) -> Option<&Expr> {
    match &attr.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => Some(&pair.value),
        _ => None,
    }
}

fn literal(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

fn join(raw: &[String]) -> String {
    let texts: Vec<String> = raw.iter().map(|raw| unmargin(raw)).collect();
    texts.join("\n").trim().to_owned()
}

/// Cuts the margin: one space after `///`, the indentation and the stars of a `/** */` block.
fn unmargin(raw: &str) -> String {
    let mut lines = raw.lines();
    let first = lines.next().unwrap_or_default();
    let rest: Vec<&str> = lines.collect();
    if rest.is_empty() {
        return first.strip_prefix(' ').unwrap_or(first).trim_end().to_owned();
    }
    let said = || rest.iter().filter(|line| !line.trim().is_empty());
    let starred = said().all(|line| line.trim_start().starts_with('*'));
    let strip_star = |line: &'_ str| -> String {
        let bare = line.trim_start();
        if starred { bare.strip_prefix('*').unwrap_or(bare).to_owned() } else { line.to_owned() }
    };
    let rest: Vec<String> = rest.iter().map(|line| strip_star(line)).collect();
    let margin = rest.iter().filter(|line| !line.trim().is_empty()).map(|line| indent(line)).min();
    let cut =
        |line: &String| line.get(margin.unwrap_or(0)..).unwrap_or_default().trim_end().to_owned();
    let lines: Vec<String> =
        std::iter::once(first.trim().to_owned()).chain(rest.iter().map(cut)).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

#[cfg(test)]
mod tests {
    use quote::quote;
    use syn::{DeriveInput, parse_quote};

    use super::{description, join};

    fn joined(lines: &[&str]) -> String {
        join(&lines.iter().map(|&line| line.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn line_comments_lose_one_space() {
        assert_eq!(joined(&[" Add two numbers."]), "Add two numbers.");
        assert_eq!(
            joined(&[" One.", "", " Two,", " three:", "     code", ""]),
            "One.\n\nTwo,\nthree:\n    code"
        );
        assert_eq!(joined(&["No space. ", "\tTab."]), "No space.\n\tTab.");
        assert_eq!(joined(&["", " "]), "");
    }

    #[test]
    fn block_comments_lose_their_margin() {
        assert_eq!(joined(&[" One line. "]), "One line.");
        assert_eq!(joined(&["\n    One.\n      code\n\n    Two.\n    "]), "One.\n  code\n\nTwo.");
        assert_eq!(joined(&[" One.\n * Two.\n *\n *   code\n "]), "One.\nTwo.\n\n  code");
        assert_eq!(joined(&["\n * List:\n * * item\n "]), "List:\n* item");
    }

    #[test]
    fn other_doc_attributes_are_no_text() {
        let input: DeriveInput = parse_quote!(
            #[doc(hidden)]
            #[doc = " "]
            struct A;
        );
        assert!(description(&input.attrs).is_none());
    }

    #[test]
    fn included_text_is_joined_later() {
        let input: DeriveInput = parse_quote!(
            #[doc = " One."]
            #[doc = include_str!("a.md")]
            struct A;
        );
        let expected = quote!(::core::concat!("One.", "\n", include_str!("a.md")));
        assert_eq!(description(&input.attrs).map(|t| t.to_string()), Some(expected.to_string()));
    }
}
