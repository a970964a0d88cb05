//! Clusterings for every number of clusters: the one place where this module clusters.

use rayon::prelude::*;

use crate::cluster::kmeans::KMeans;
use crate::cluster::{Clusters, distinct_rows, nearest};
use crate::math::chunks::rows_per_chunk;
use crate::{Matrix, Result};

/// k-means with 1 to `k_max` clusters, or to the number of distinct rows.
pub(super) fn sweep(x: &Matrix, k_max: usize, n_init: usize, seed: u64) -> Result<Vec<Clusters>> {
    let k_max = k_max.min(distinct_rows(x, k_max));
    (1..=k_max).into_par_iter().map(|k| fit(x, k, n_init, seed)).collect()
}

/// The same for the many small tables of resampling and references, whose clusters need not be exact: few
/// starts and iterations, the more starts the fewer rows.
pub(super) fn resweep(x: &Matrix, k_max: usize, seed: u64) -> Result<Vec<Clusters>> {
    let k_max = k_max.min(distinct_rows(x, k_max));
    let n_init = if x.n_rows() < 500 { 4 } else { 2 };
    let fit = |k: usize| KMeans { n_init, seed, max_iterations: 30, ..KMeans::new(k) }.fit(x);
    (1..=k_max).into_par_iter().map(fit).collect()
}

/// k-means with one number of clusters.
pub(super) fn fit(x: &Matrix, k: usize, n_init: usize, seed: u64) -> Result<Clusters> {
    KMeans { n_init, seed, ..KMeans::new(k) }.fit(x)
}

/// The nearest centre of every row, as a fit labels them. Costs `O(n k d)`.
pub(super) fn label(x: &Matrix, centres: &Matrix) -> Vec<u32> {
    let of_rows = |values: &[f64]| -> Vec<u32> {
        values.chunks_exact(x.n_cols()).map(|row| nearest(centres, row).index as u32).collect()
    };
    x.values().par_chunks(rows_per_chunk(x.n_rows()) * x.n_cols()).map(of_rows).collect::<Vec<_>>().concat()
}
