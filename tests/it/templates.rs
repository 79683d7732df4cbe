//! URI templates mean the same to the derive, when a crate is compiled, and to the server.

use toolgate::protocol::{Template, template::BadTemplate, uri::is_uri};

// A crate of derives exports nothing else, so its files are compiled here once more.
#[path = "../../crates/toolgate-macros/src/template.rs"]
mod template;
#[path = "../../crates/toolgate-macros/src/uri.rs"]
mod uri;

use self::template::Fault;

fn of_server(text: &str) -> Result<Vec<String>, BadTemplate> {
    Ok(Template::parse(text)?.variables().map(str::to_owned).collect())
}

fn of_derive(text: &str) -> Result<Vec<String>, BadTemplate> {
    let fault = |fault| match fault {
        Fault::Unbalanced => BadTemplate::Unbalanced,
        Fault::Form => BadTemplate::Form,
        Fault::Name => BadTemplate::Name,
        Fault::Twice => BadTemplate::Twice,
        Fault::Adjacent => BadTemplate::Adjacent,
        Fault::Wide => BadTemplate::Wide,
        Fault::Query => BadTemplate::Query,
    };
    let names = template::variables(text).map_err(|bad| fault(bad.fault))?;
    Ok(names.into_iter().map(str::to_owned).collect())
}

#[test]
fn the_server_comes_to_the_verdicts_of_the_table() {
    let table = include_str!("../templates.txt");
    let rows = table.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    let mut seen = 0;
    for row in rows {
        let (expected, template) = row.split_once(char::is_whitespace).unwrap();
        let template = template.trim_start();
        let verdict = match of_server(template) {
            Ok(names) if names.is_empty() => "-".to_owned(),
            Ok(names) => names.join(","),
            Err(fault) => format!("!{fault:?}"),
        };
        assert_eq!(verdict, expected, "{template}");
        seen += 1;
    }
    assert!(seen > 50, "{seen} rows");
}

/// All texts of up to `length` pieces.
fn all(pieces: &[&str], length: u32, each: &mut impl FnMut(&str)) {
    let mut places = Vec::new();
    for length in 0..=length {
        for mut number in 0..pieces.len().pow(length) {
            places.clear();
            for _ in 0..length {
                places.push(pieces[number % pieces.len()]);
                number /= pieces.len();
            }
            each(&places.concat());
        }
    }
}

#[test]
fn every_short_text_gets_the_same_verdict_from_both() {
    let mut good = 0;
    let mut compare = |text: &str| {
        let verdict = of_server(text);
        assert_eq!(of_derive(text), verdict, "{text}");
        good += usize::from(verdict.is_ok());
    };
    let whole = ["{a}", "{.b}", "{/c}", "{+d}", "{#e}", "{/f*}", "{?g,h}", "{&i}", "/", "?", "{a"];
    all(&whole, 4, &mut compare);
    let bits = ["{", "}", "a", "b", "+", "#", "/", "*", "?", ",", ":", " ", "\u{e4}"];
    all(&bits, 5, &mut compare);
    assert!(good > 1_000, "{good} good ones");
}

#[test]
fn every_short_text_is_a_uri_to_both_or_to_none() {
    let mut good = 0;
    let mut compare = |text: &str| {
        let of_server = Template::parse(text).is_ok_and(|template| is_uri(&template.sample()));
        let of_derive = uri::check(text);
        assert_eq!(of_derive.is_ok(), of_server, "{text}: {of_derive:?}");
        good += usize::from(of_server);
    };
    let bits =
        ["{a}", "{+b}", "{.c}", "{?d}", "a", "1", "x", "+", ":", "/", "%", " ", "\\", "\u{e4}"];
    all(&bits, 5, &mut compare);
    assert!(good > 1_000, "{good} good ones");
}
