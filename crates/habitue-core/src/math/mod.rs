//! Small numeric parts: seeded random numbers, distances, quantiles.

pub mod quantile;
pub mod random;
pub mod text;
