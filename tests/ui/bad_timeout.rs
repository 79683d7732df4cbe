//! Timeouts that are no whole number of a known unit.
use toolgate::Tool;

#[derive(Tool)]
#[tool(timeout = "10 seconds")]
struct Slow;

#[derive(Tool)]
#[tool(timeout = 10)]
struct Bare;

#[derive(Tool)]
#[tool(timeout = "0s")]
struct Never;

fn main() {}
