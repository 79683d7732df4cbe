//! Cross-crate tests, one binary.

// `cfg(test)` is always so here. It tells clippy that helpers are tests too.
#[cfg(test)]
mod contract;
#[cfg(test)]
mod derived;
#[cfg(test)]
mod guide;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod legacy;
#[cfg(test)]
mod migration;
#[cfg(test)]
mod model;
#[cfg(test)]
mod mount;
#[cfg(test)]
mod probe;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod seam;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod stdio;
#[cfg(test)]
mod support;
#[cfg(test)]
mod templates;
#[cfg(test)]
mod ui;
#[cfg(test)]
mod wire;
