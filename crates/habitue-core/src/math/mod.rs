//! Small numeric parts: seeded random numbers, distances, quantiles, and what a method needs of linear
//! algebra.

pub mod chunks;
pub mod distance;
pub mod eigen;
pub mod exponential;
pub mod gamma;
pub mod kd_tree;
pub mod lanes;
pub mod minimise;
pub mod moments;
pub mod newton;
pub mod quantile;
pub mod random;
pub mod text;
