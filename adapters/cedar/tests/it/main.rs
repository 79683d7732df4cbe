//! What a server under Cedar policies does.

// `cfg(test)` is always so here. It tells clippy that helpers are tests too.
#[cfg(test)]
mod server;
