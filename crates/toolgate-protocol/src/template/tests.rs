//! Templates that are refused, and what the others match.

use super::*;

fn values(template: &str, uri: &str) -> Option<String> {
    let template = Template::parse(template).unwrap();
    let values = template.matches(uri)?;
    let pairs: Vec<_> = values.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Some(pairs.join(" "))
}

#[test]
fn each_form_matches_what_it_stands_for() {
    let rows: &[(&str, &str, Option<&str>)] = &[
        ("test://static", "test://static", Some("")),
        ("test://static", "test://static/", None),
        ("test://t/{id}/data", "test://t/12/data", Some("id=12")),
        ("test://t/{id}/data", "test://t//data", None),
        ("test://t/{id}/data", "test://t/1/2/data", None),
        ("test://t/{id}/data", "test://t/1/data/data", None),
        ("test://t/{id}/data", "test://t/a%2Fb%20%C3%A4/data", Some("id=a/b \u{e4}")),
        ("test://t/{id}", "test://t/a%", None),
        ("test://t/{id}", "test://t/a%zz", None),
        ("test://t/{id}", "test://t/%ff", None),
        ("test://t/{id}", "test://t/%252e", Some("id=%2e")),
        ("t://{a}-{b}", "t://x-y-z", Some("a=x b=y-z")),
        ("t://{a}-x", "t://b-x-x", Some("a=b-x")),
        ("t://{name}{.ext}", "t://read.me.txt", Some("name=read ext=me.txt")),
        ("t://{a}{/b}", "t://x/y", Some("a=x b=y")),
        ("t://{a}{/b}", "t://x", None),
        ("f://{+path}", "f://a/b/c", Some("path=a/b/c")),
        ("f://{+path}/end", "f://a/end/end", Some("path=a/end")),
        ("f://{+path}", "f://", None),
        ("f://x{/path*}", "f://x/a/b", Some("path=a/b")),
        ("f://x{#part}", "f://x#a/b", Some("part=a/b")),
        ("q://s{?q,n}", "q://s", Some("")),
        ("q://s{?q,n}", "q://s?n=2&q=a%26b", Some("n=2 q=a&b")),
        ("q://s{?q,n}", "q://s?other=1&q=", Some("q=")),
        ("q://s{?q,n}", "q://s?q=1&q=2", None),
        ("q://s{?q}{&n}", "q://s?q=1&n=2", Some("q=1 n=2")),
        ("q://{a}{?q}", "q://x?q=/", Some("a=x q=/")),
        ("q://s?fixed=1", "q://s?fixed=1", Some("")),
    ];
    for (template, uri, expected) in rows {
        assert_eq!(values(template, uri).as_deref(), *expected, "{template} {uri}");
    }
}

#[test]
fn what_could_match_in_two_ways_is_refused() {
    let rows = [
        ("a{b", BadTemplate::Unbalanced),
        ("a}b", BadTemplate::Unbalanced),
        ("a{{b}}", BadTemplate::Name),
        ("{}", BadTemplate::Name),
        ("{a b}", BadTemplate::Name),
        ("{+}", BadTemplate::Name),
        ("{?a,}", BadTemplate::Name),
        ("{a,b}", BadTemplate::Form),
        ("{a*}", BadTemplate::Form),
        ("{a:3}", BadTemplate::Form),
        ("{;a}", BadTemplate::Form),
        ("{a}/{a}", BadTemplate::Twice),
        ("{a}{?a}", BadTemplate::Twice),
        ("{a}{b}", BadTemplate::Adjacent),
        ("{.a}{b}", BadTemplate::Adjacent),
        ("{a}{+b}", BadTemplate::Adjacent),
        ("{+a}{b}", BadTemplate::Wide),
        ("{+a}/{+b}", BadTemplate::Wide),
        ("{+a}/{b}", BadTemplate::Wide),
        ("{?a}/x", BadTemplate::Query),
        ("x?y{?a}", BadTemplate::Query),
    ];
    for (text, expected) in rows {
        assert_eq!(Template::parse(text).unwrap_err(), expected, "{text}");
    }
}

#[test]
fn variables_are_told_in_order_and_those_of_a_query_may_be_left_out() {
    let template = Template::parse("t://{a}{/b*}{?c,d}").unwrap();
    assert_eq!(template.variables().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    let optional = |name| template.is_optional(name);
    assert!(!optional("a") && !optional("b") && optional("c") && optional("d"));
}

#[test]
fn long_uris_match_nothing() {
    let template = Template::parse("t://{+a}").unwrap();
    assert!(template.matches(&format!("t://{}", "x".repeat(MAX_URI))).is_none());
}

proptest::proptest! {
    #[test]
    fn nothing_panics(template in "[a-c{}+#./?&*,]{0,12}", uri in "[a-c%2f/?&=#.]{0,24}") {
        if let Ok(template) = Template::parse(&template) {
            let _ = template.matches(&uri);
        }
    }

    #[test]
    fn any_text_may_be_a_value(value in "\\PC{1,20}") {
        let encoded: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let template = Template::parse("t://{a}/x").unwrap();
        let uri = format!("t://{encoded}/x");
        let values = template.matches(&uri).unwrap();
        proptest::prop_assert_eq!(&*values[0].1, &*value);
    }
}
