//! What people see: plain HTML, without a script.

use super::{client::OAuthClient, login::Login, person::Person};

/// What the pages may do: show themselves, in nobody's frame. Where forms lead is left open: browsers
/// hold the redirects that follow against it, too.
pub(super) const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

const STYLE: &str = "body{font:1rem/1.5 sans-serif;max-width:30rem;margin:3rem auto;padding:0 1rem}\
    button{font:inherit;padding:.4rem 1rem;margin:.2rem .4rem .2rem 0}ul{list-style:none;padding:0}\
    small{color:#555}";

/// Nothing can be done.
pub(super) fn dead_end(why: &str) -> String {
    page("That does not work", &format!("<p>{}</p>", escaped(why)))
}

/// Who are you?
pub(super) fn login(id: &str, login: &Login, people: &[Person]) -> String {
    let buttons = people.iter().map(|person| {
        let (subject, name) = (escaped(&person.subject), escaped(person.called()));
        format!("<li><button name=\"person\" value=\"{subject}\">{name}</button></li>")
    });
    let buttons: String = buttons.collect();
    let nobody = if people.is_empty() { "<p>This server knows nobody.</p>" } else { "" };
    let body = format!(
        "<p><b>{}</b> asks you to log in.</p>{nobody}\
         <form method=\"post\" action=\"/authorize\">{}<ul>{buttons}</ul></form>",
        escaped(called(&login.client)),
        hidden(id),
    );
    page("Who are you?", &body)
}

/// May it?
pub(super) fn consent(id: &str, login: &Login, person: &Person) -> String {
    let scopes = login.scopes.iter().map(|scope| {
        let scope = escaped(scope);
        format!(
            "<li><label><input type=\"checkbox\" name=\"scope\" value=\"{scope}\" checked> \
             {scope}</label></li>"
        )
    });
    let resources = login.resources.iter().map(|it| format!("<li>{}</li>", escaped(it)));
    let body = format!(
        "<p>{}, <b>{}</b> wants to act in your name.</p>\
         <p>Where:</p><ul>{}</ul><form method=\"post\" action=\"/authorize\">{}\
         <p>What:</p><ul>{}</ul>\
         <button name=\"answer\" value=\"allow\">Allow</button>\
         <button name=\"answer\" value=\"deny\">Deny</button></form>\
         <p><small>client <code>{}</code></small></p>",
        escaped(person.called()),
        escaped(called(&login.client)),
        resources.collect::<String>(),
        hidden(id),
        scopes.collect::<String>(),
        escaped(&login.client.id),
    );
    page("May it?", &body)
}

fn called(client: &OAuthClient) -> &str {
    client.name.as_deref().unwrap_or(&client.id)
}

fn hidden(id: &str) -> String {
    format!("<input type=\"hidden\" name=\"login\" value=\"{}\">", escaped(id))
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <style>{STYLE}</style><h1>{title}</h1>{body}</html>\n"
    )
}

/// Text that is no markup, in quotes or out of them.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_call_themselves_is_no_markup() {
        let page = dead_end("<script>alert('x')</script> & \"y\"");
        assert!(!page.contains("<script"), "{page}");
        assert!(
            page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;y&quot;")
        );
    }
}
