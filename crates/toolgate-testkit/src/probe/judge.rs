//! The steps' judgements: each takes what was seen and gives what is the matter with it.

pub(super) mod challenge;
pub(super) mod issuers;
pub(super) mod metadata;
pub(super) mod pages;
pub(super) mod sessions;
pub(super) mod tokens;
