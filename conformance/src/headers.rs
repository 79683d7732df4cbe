//! A tool with an argument that clients repeat in a header.

use toolgate::prelude::*;

pub(crate) fn add(server: Server) -> Server {
    server.tool::<Mirrored>()
}

/// Say back what `Mcp-Param-Region` said, too.
#[derive(Tool)]
#[tool(name = "test_x_mcp_header", read_only)]
struct Mirrored {
    /// Any region.
    #[schemars(extend("x-mcp-header" = "Region"))]
    region: String,
}

impl Run for Mirrored {
    type Output = String;

    async fn run(self, _: &(), _: &Context) -> Result<String> {
        Ok(self.region)
    }
}
