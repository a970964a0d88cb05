//! Customer segmentation for retail: everything that touches the world.

pub mod error;
pub mod outcome;
pub mod write;
pub mod ingest;
mod fold;
pub mod generate;
pub mod report;
pub mod settings;
pub mod model_file;
pub mod pipeline;

pub use error::Error;
pub use settings::Settings;
