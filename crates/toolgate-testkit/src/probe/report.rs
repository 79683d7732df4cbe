//! The steps in their order, and what each of them found.

use std::fmt;

use super::finding::{Finding, Weight};

macro_rules! steps {
    ($($name:ident: $title:literal;)*) => {
        /// One step of the way that clients take.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Step {
            $(#[doc = $title] $name,)*
        }

        impl Step {
            /// All of them, in order.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// What it looks at.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

steps! {
    Challenge: "a request without a token is challenged";
    OldChallenge: "so is one of a revision before 2026-07-28";
    ChallengeUrl: "metadata where the challenge says";
    PathForm: "metadata at the endpoint's well-known path";
    RootForm: "metadata at the origin's well-known path";
    Issuers: "metadata of the authorization servers";
    OldRoot: "an authorization server at the server's own origin";
    Preflight: "a named page may call";
    Origin: "a page of another origin may not";
    Host: "other names for this machine are refused";
    Right: "the right token is accepted";
    Wrong: "wrong tokens are refused";
    Query: "a token in the URL is refused";
    Session: "a session serves its owner alone";
    Methods: "other methods want a token too";
    Slash: "the path with another slash";
}

/// What one step found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stage {
    /// Which one.
    pub step: Step,
    /// What is the matter.
    pub findings: Vec<Finding>,
    /// Why it was not taken.
    pub skipped: Option<&'static str>,
}

impl Stage {
    fn is_broken(&self) -> bool {
        self.broken().next().is_some()
    }

    fn broken(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.weight() == Weight::Broken)
    }

    fn word(&self) -> &'static str {
        match (self.skipped, self.findings.is_empty()) {
            (Some(_), _) => "skipped",
            _ if self.is_broken() => "BROKEN",
            (None, false) => "note",
            (None, true) => "ok",
        }
    }
}

/// What a server was found to be. `Display` begins with the first broken step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The URL that was probed.
    pub url: String,
    /// Every step, in order.
    pub stages: Vec<Stage>,
}

impl Report {
    pub(super) fn new(url: &str) -> Self {
        Self { url: url.to_owned(), stages: Vec::new() }
    }

    /// Whether nothing is broken. Notes and skipped steps do not count.
    pub fn is_good(&self) -> bool {
        self.first_broken().is_none()
    }

    /// The first thing that breaks the way of clients, and the step that it is in.
    pub fn first_broken(&self) -> Option<(Step, &Finding)> {
        self.stages.iter().find_map(|stage| Some((stage.step, stage.broken().next()?)))
    }

    /// All that was found, in order.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.stages.iter().flat_map(|stage| &stage.findings)
    }

    pub(super) fn found(&mut self, step: Step, findings: Vec<Finding>) {
        self.stages.push(Stage { step, findings, skipped: None });
    }

    pub(super) fn skipped(&mut self, step: Step, why: &'static str) {
        self.stages.push(Stage { step, findings: Vec::new(), skipped: Some(why) });
    }

    /// Takes a secret out of all that is told: a server may repeat what it was sent.
    pub(super) fn hide(&mut self, secret: &str) {
        for finding in self.stages.iter_mut().flat_map(|stage| &mut stage.findings) {
            finding.why = finding.why.replace(secret, "..");
            finding.at = finding.at.replace(secret, "..");
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first_broken() {
            Some((step, finding)) => {
                writeln!(f, "{} breaks first at: {}", self.url, step.title())?;
                tell(f, finding)?;
            }
            None => writeln!(f, "{}: nothing is broken", self.url)?,
        }
        writeln!(f)?;
        for stage in &self.stages {
            write!(f, "{:<8} {}", stage.word(), stage.step.title())?;
            match stage.skipped {
                Some(why) => writeln!(f, " ({why})")?,
                None => writeln!(f)?,
            }
            for finding in &stage.findings {
                tell(f, finding)?;
            }
        }
        Ok(())
    }
}

fn tell(f: &mut fmt::Formatter<'_>, finding: &Finding) -> fmt::Result {
    let Finding { rule, at, why } = finding;
    writeln!(f, "    {at}")?;
    writeln!(f, "    {why} ({rule:?})")?;
    writeln!(f, "    standard: {}", rule.standard())?;
    writeln!(f, "    remedy: {}", rule.remedy())
}
