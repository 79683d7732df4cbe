/// Which notes to take.
#[derive(Arguments)]
#[serde(tag = "by", rename = "Which")]
pub enum Filter {
    /// All of them.
    All,
    /// Those with this tag.
    Tag {
        /// Without the `#`.
        tag: String,
    },
    #[serde(rename = "old")]
    Before(Date),
    Not(Vec<Self>),
}
