//! Golden files: the expansion of every `tests/golden/NAME.in.rs` is `tests/golden/NAME.rs`.
//!
//! `BLESS=1` rewrites the goldens; without it a golden that is missing or left over fails.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, DeriveInput};

use crate::{data, item, prompt, resource, tool};

#[test]
fn expansions_are_golden() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let (inputs, mut goldens) = files(&folder);
    assert!(!inputs.is_empty(), "no inputs in tests/golden");

    let mut faults = Vec::new();
    for name in inputs {
        let input = fs::read_to_string(folder.join(format!("{name}.in.rs"))).unwrap();
        let expansion = pretty(&expand(&name, &input));
        let golden = folder.join(format!("{name}.rs"));
        if std::env::var_os("BLESS").is_some() {
            fs::write(&golden, &expansion).unwrap();
        } else if !goldens.contains(&name) {
            faults.push(format!("{name}.rs is missing"));
        } else if fs::read_to_string(&golden).unwrap() != expansion {
            faults.push(format!("{name}.rs differs; the expansion is now:\n{expansion}"));
        }
        goldens.remove(&name);
    }
    faults.extend(goldens.iter().map(|name| format!("{name}.rs has no {name}.in.rs")));
    assert!(faults.is_empty(), "{}\n\nBLESS=1 rewrites the goldens.", faults.join("\n"));
}

/// The names of the inputs and of the goldens in the folder.
fn files(folder: &Path) -> (BTreeSet<String>, BTreeSet<String>) {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let names: Vec<String> =
        entries.filter_map(|path: PathBuf| Some(path.file_name()?.to_str()?.to_owned())).collect();
    let inputs = names.iter().filter_map(|name| name.strip_suffix(".in.rs"));
    let goldens = names
        .iter()
        .filter(|name| !name.ends_with(".in.rs"))
        .filter_map(|name| name.strip_suffix(".rs"));
    (inputs.map(str::to_owned).collect(), goldens.map(str::to_owned).collect())
}

/// Runs the derive the input names, as the compiler would: without the `#[derive(..)]` itself.
fn expand(name: &str, input: &str) -> TokenStream {
    let mut input: DeriveInput = syn::parse_str(input).unwrap();
    let is_derive = |attr: &Attribute| attr.path().is_ident("derive");
    let derives = input.attrs.iter().filter(|attr| is_derive(attr));
    let derives: Vec<String> =
        derives.map(|attr| attr.meta.to_token_stream().to_string()).collect();
    input.attrs.retain(|attr| !is_derive(attr));
    let input = input.into_token_stream();
    match derives.as_slice() {
        [one] if one.contains("Tool") => item::expand(input, &tool::KIND),
        [one] if one.contains("Resource") => item::expand(input, &resource::KIND),
        [one] if one.contains("Prompt") => item::expand(input, &prompt::KIND),
        [one] if one.contains("Arguments") => data::expand_arguments(input),
        [one] if one.contains("Output") => data::expand_output(input),
        other => panic!("{name}: one known derive expected, found {other:?}"),
    }
}

fn pretty(expansion: &TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(expansion.clone()).unwrap())
}
