//! Cross-crate tests, one binary.
