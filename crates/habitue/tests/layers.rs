//! The layers of this crate: the test that holds those of the core, compiled for this crate.

#[path = "../../habitue-core/tests/layers.rs"]
mod layers;
