//! Customer segmentation for retail: everything that touches the world.

pub mod error;
pub mod outcome;
pub mod write;
pub mod ingest;
mod fold;
pub mod pipeline;
