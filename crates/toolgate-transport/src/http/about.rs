//! What the metadata document says for people: where to read on, and under which terms (RFC 9728,
//! section 2).

use http::Uri;
use toolgate_core::{
    StartError,
    env::{self, Env, Variable},
    protocol::Json,
};

/// Pages about a server, for the people behind its clients. Each is a URL with `https`, or `http`.
///
/// The document's `resource_name` is the server's title, or else its name. Its
/// `resource_documentation` is the server's website unless it is set here.
///
/// ```
/// use toolgate_transport::http::About;
///
/// let about = About::new()
///     .documentation("https://docs.example.com/mcp")
///     .policy("https://example.com/privacy")
///     .terms("https://example.com/terms");
/// ```
#[derive(Clone, Debug, Default)]
pub struct About {
    documentation: Option<String>,
    policy: Option<String>,
    terms: Option<String>,
}

/// What is written under which name in the document, by which name in the settings.
type Page<'a> = (&'static str, &'static str, Option<&'a str>);

impl About {
    /// Without any page.
    pub fn new() -> Self {
        Self::default()
    }

    /// What developers should know: `resource_documentation`. `TOOLGATE_DOCUMENTATION_URL`.
    #[must_use]
    pub fn documentation(self, url: impl Into<String>) -> Self {
        Self { documentation: Some(url.into()), ..self }
    }

    /// What clients may do with the data: `resource_policy_uri`. `TOOLGATE_POLICY_URL`.
    #[must_use]
    pub fn policy(self, url: impl Into<String>) -> Self {
        Self { policy: Some(url.into()), ..self }
    }

    /// The terms of service: `resource_tos_uri`. `TOOLGATE_TERMS_URL`.
    #[must_use]
    pub fn terms(self, url: impl Into<String>) -> Self {
        Self { terms: Some(url.into()), ..self }
    }

    /// Takes from the environment what was not set in code.
    ///
    /// # Errors
    /// When a variable cannot be read.
    pub(crate) fn fill(&mut self, env: &Env) -> Result<(), StartError> {
        let mut problems = Vec::new();
        let mut fill = |page: &mut Option<String>, variable: Variable| match env.text(variable) {
            Ok(found) => *page = page.take().or(found),
            Err(error) => problems.extend_from_slice(error.problems()),
        };
        fill(&mut self.documentation, env::DOCUMENTATION_URL);
        fill(&mut self.policy, env::POLICY_URL);
        fill(&mut self.terms, env::TERMS_URL);
        StartError::check(problems)
    }

    /// The pages that are no URLs, a sentence each.
    pub(crate) fn problems(&self) -> Vec<String> {
        let wrong = self.pages().into_iter().filter_map(|(_, setting, page)| {
            let page = page.filter(|page| !is_page(page))?;
            Some(format!("about: {setting} `{page}` is no URL; write it with https and its host"))
        });
        wrong.collect()
    }

    /// Members of the document.
    pub(crate) fn members(&self) -> Vec<(String, Json)> {
        let pages = self.pages().into_iter();
        pages
            .filter_map(|(name, _, page)| Some((name.to_owned(), Json::of(&page?).ok()?)))
            .collect()
    }

    fn pages(&self) -> [Page<'_>; 3] {
        [
            ("resource_documentation", "documentation", self.documentation.as_deref()),
            ("resource_policy_uri", "policy", self.policy.as_deref()),
            ("resource_tos_uri", "terms", self.terms.as_deref()),
        ]
    }
}

fn is_page(text: &str) -> bool {
    text.parse::<Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.authority().is_some_and(|host| !host.as_str().contains('@'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_urls_or_problems() {
        let about =
            About::new().documentation("https://h/a?b#c").policy("http://h").terms("https://h/t");
        assert_eq!((about.problems().len(), about.members().len()), (0, 3));
        assert_eq!((About::new().problems().len(), About::new().members().len()), (0, 0));
        for wrong in ["h/a", "/a", "javascript:alert(1)", "https://", "https://u@h/", ""] {
            let problems = About::new().terms(wrong).problems();
            assert!(problems.iter().any(|it| it.contains("terms")), "{wrong}: {problems:?}");
        }
    }

    #[test]
    fn code_wins_over_the_environment() {
        let mut about = About::new().policy("https://code.example");
        about
            .fill(&Env::of([
                ("TOOLGATE_DOCUMENTATION_URL", "https://env.example/docs"),
                ("TOOLGATE_POLICY_URL", "https://env.example/policy"),
                ("TOOLGATE_TERMS_URL", "https://env.example/terms"),
            ]))
            .unwrap();
        let said: Vec<_> = about.pages().iter().filter_map(|(_, _, page)| *page).collect();
        let expected =
            ["https://env.example/docs", "https://code.example", "https://env.example/terms"];
        assert_eq!(said, expected);
    }
}
