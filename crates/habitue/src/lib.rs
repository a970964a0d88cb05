//! Customer segmentation for retail: everything that touches the world.
//!
//! Modules are layered; a module uses only those above it in this list (a test holds it).

mod threads;
mod ids;
pub mod error;
pub mod outcome;
pub mod write;
pub mod ingest;
mod fold;
pub mod method;
pub mod settings;
pub mod model_file;
pub mod movement;
pub mod report;
pub mod pipeline;
pub mod generate;
pub mod results;

pub use error::Error;
pub use settings::Settings;
