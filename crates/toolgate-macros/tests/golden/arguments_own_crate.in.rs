#[derive(Arguments)]
#[serde(crate = "toolgate::serde")]
#[schemars(crate = "toolgate::schemars", rename = "State")]
enum Status {
    Open = 1,
    Closed = 2,
}
