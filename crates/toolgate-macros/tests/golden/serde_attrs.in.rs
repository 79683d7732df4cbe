/// Search the notes.
#[derive(Tool)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(transform = no_titles)]
#[must_use]
struct Search {
    /// Words to look for.
    #[serde(alias = "q")]
    words: Vec<String>,
    #[serde(default = "ten")]
    #[schemars(range(min = 1, max = 100))]
    #[deprecated]
    pub(crate) at_most: u32,
    #[doc(hidden)]
    #[serde(flatten)]
    sort: Option<Sort>,
    /// Searched within the hits of this one.
    within: Option<Box<Self>>,
}
