//! A tool whose state is not the server's.
use toolgate::{Context, Result, Run, Server, Tool};

struct Files;

#[derive(Tool)]
struct Delete {
    path: String,
}

impl Run<Files> for Delete {
    type Output = String;

    async fn run(self, _: &Files, _: &Context) -> Result<String> {
        Ok(self.path)
    }
}

fn main() {
    let _ = Server::new("files", "1.0.0").tool::<Delete>();
}
