//! The customer base before any segment is made: who comes and comes back, how money is spread, what features look
//! like, and whether there is anything to cluster.
//!
//! One question a file; nothing here knows of segments.

pub mod cohorts;
pub mod concentration;
pub mod correlation;
pub mod gaps;
pub mod histogram;
pub mod hopkins;
pub mod outliers;
