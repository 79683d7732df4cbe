//! An answer that has no derive.
use toolgate::{Context, Result, Run, Tool};

struct Deleted {
    bytes: u64,
}

#[derive(Tool)]
struct Delete {
    path: String,
}

impl Run for Delete {
    type Output = Deleted;

    async fn run(self, _: &(), _: &Context) -> Result<Deleted> {
        Ok(Deleted { bytes: 0 })
    }
}

fn main() {}
