//! Customer segmentation for retail: everything that touches the world.

pub mod outcome;
pub mod report;
