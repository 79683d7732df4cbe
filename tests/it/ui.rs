//! Faults in a user's code, as the compiler tells them.
//!
//! `TRYBUILD=overwrite` rewrites the `.stderr` files; their text belongs to the pinned toolchain.

#[test]
fn faults_are_told_plainly() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
