//! Protocol revisions.

/// The stateless revision that this workspace speaks natively.
pub const MODERN: &str = "2026-07-28";

/// Revisions served with per-request metadata, newest first.
pub const SUPPORTED: &[&str] = &[MODERN];

/// Whether a revision is served with per-request metadata.
pub fn is_supported(version: &str) -> bool {
    SUPPORTED.contains(&version)
}
