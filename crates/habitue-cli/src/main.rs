//! The `habitue` program.
fn main() {}
