//! The stages in their order, from sources to results.

pub(crate) mod orders;
pub(crate) mod customers;
mod features;
mod goods;
mod grouping;
mod lifetime;
mod segment;
mod assign;
mod fold;
mod cluster;

use std::path::PathBuf;

pub use self::assign::{AssignRun, assign};
pub use self::cluster::{ClusterJob, ClusterRun, Metrics, cluster};
pub use self::features::{FeaturesRun, features};
pub(crate) use self::features::{feature_cells, ids};
pub use self::fold::{FoldRun, fold};
pub use self::segment::{Placed, SegmentRun, explore, segment};

use crate::settings::Settings;
use orders::OrdersJob;

/// What a run reports while it works; every method may do nothing.
pub trait Observer: Sync {
    /// A stage begins, said in a few words.
    fn stage(&self, _text: &str) {}
}

/// Watches nothing.
pub struct Silent;

impl Observer for Silent {}

/// What a run reads: sources, and summaries of earlier runs to fold on.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Files, folders, patterns, or `-` for standard input.
    pub sources: Vec<String>,
    /// Files written by `habitue fold`.
    pub summaries: Vec<PathBuf>,
    /// The folder of the run before, whose segments are carried over; for segmenting only.
    pub previous: Option<PathBuf>,
}

impl Inputs {
    /// The job of reading orders under the settings.
    fn job(&self, settings: &Settings) -> OrdersJob<'_> {
        OrdersJob {
            cleaning: settings.cleaning.rules(),
            memory: settings.memory_mb << 20,
            as_of: settings.as_of,
            currency: settings.read.currency.as_ref().map(|c| c.to_ascii_uppercase()),
            summaries: &self.summaries,
        }
    }
}
