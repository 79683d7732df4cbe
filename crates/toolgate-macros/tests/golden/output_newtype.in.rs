#[derive(Output)]
#[serde(transparent)]
struct Hits(pub Vec<Hit>);
