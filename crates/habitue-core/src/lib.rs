//! The arithmetic of habitue: from the lines of receipts to segments with a meaning.
//!
//! No files, no clock, no threads of its own beyond `rayon`, no printing: slices and structs in, structs out.
//! Modules are layered; a module uses only those above it in this list (a test holds it).
#![doc(test(attr(deny(warnings))))]
#![cfg_attr(test, expect(clippy::float_cmp, reason = "tests hold numbers that must come out exactly"))]

pub mod error;
pub mod money;
pub mod time;
pub mod matrix;
pub mod math;
pub mod table;
pub mod line;
pub mod clean;
pub mod summary;
pub mod history;
pub mod features;
pub mod lifetime;
pub mod prepare;
pub mod evaluate;
pub mod cluster;
pub mod choose_k;
pub mod segmented;
pub mod text;
pub mod goods;
pub mod base;
pub mod rfm;
pub mod lifecycle;
pub mod backtest;
pub mod profile;
pub mod rule;
pub mod persona;
pub mod action;
pub mod movement;
pub mod model;

pub use error::Error;
pub use matrix::Matrix;
pub use money::Money;
pub use segmented::Segmented;
pub use table::Table;

/// What every fallible function of this crate returns.
pub type Result<T> = std::result::Result<T, Error>;
