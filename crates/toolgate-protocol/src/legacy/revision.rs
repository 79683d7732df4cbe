//! The revisions of the old era, in order.

/// A revision of the old era. Later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Revision {
    /// 2024-11-05.
    November2024,
    /// 2025-03-26: Streamable HTTP, batches, annotations.
    March2025,
    /// 2025-06-18: structured content, titles, no batches.
    June2025,
    /// 2025-11-25: icons, and bad arguments as results.
    November2025,
}

impl Revision {
    /// All of them, oldest first.
    pub const ALL: [Self; 4] =
        [Self::November2024, Self::March2025, Self::June2025, Self::November2025];

    /// The newest: what is answered to a client that asks for one that is not served.
    pub const LATEST: Self = Self::November2025;

    /// What counts where a request names none and nothing else is known (2025-11-25, transports,
    /// "Protocol version header").
    pub const ASSUMED: Self = Self::March2025;

    /// The revision of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|revision| revision.as_str() == name)
    }

    /// The revision to answer a client with that asks for one by name: the same where it is served,
    /// else the newest.
    pub fn negotiate(asked: &str) -> Self {
        Self::parse(asked).unwrap_or(Self::LATEST)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::November2024 => "2024-11-05",
            Self::March2025 => "2025-03-26",
            Self::June2025 => "2025-06-18",
            Self::November2025 => "2025-11-25",
        }
    }

    /// Whether several messages may come in one body: in one revision alone.
    pub fn has_batches(self) -> bool {
        self == Self::March2025
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_served_is_echoed_and_anything_else_gets_the_newest() {
        for revision in Revision::ALL {
            assert_eq!(Revision::negotiate(revision.as_str()), revision);
        }
        for asked in ["2026-07-28", "1999-01-01", "", "latest"] {
            assert_eq!(Revision::negotiate(asked), Revision::November2025, "{asked}");
        }
        assert!(Revision::ALL.is_sorted());
    }
}
