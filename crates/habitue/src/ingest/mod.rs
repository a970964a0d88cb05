//! Sources to lines: files found, formats and columns understood, rows read in parallel.

pub(crate) mod number;
pub(crate) mod moment;
pub(crate) mod cell;
pub(crate) mod record;
pub(crate) mod find;
pub(crate) mod role;
pub(crate) mod roles;
pub(crate) mod text;
pub(crate) mod column;
pub(crate) mod columnar;
pub(crate) mod sheet;
pub(crate) mod source;
mod words;
mod known;
pub(crate) mod part;
pub(crate) mod roster;
pub(crate) mod tally;
pub(crate) mod rejects;
pub(crate) mod lines;
pub(crate) mod plan;
pub(crate) mod numbers;
pub(crate) mod products;

pub use moment::DayMonth;
pub use plan::ReadSettings;
pub use products::{ProductRole, ProductSettings};
pub use role::Role;
