/// What was deleted.
#[derive(Output)]
struct Deleted {
    /// In bytes.
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}
