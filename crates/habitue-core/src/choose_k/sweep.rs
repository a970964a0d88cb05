//! Clusterings for every number of clusters: the one place where this module clusters.

use rayon::prelude::*;

use crate::cluster::kmeans::KMeans;
use crate::cluster::lloyd::lloyd;
use crate::cluster::seeds::plus_plus;
use crate::cluster::sweep::Sweep;
use crate::cluster::{Clusters, distinct_rows};
use crate::math::random::Random;
use crate::{Matrix, Result};

/// k-means with 1 to `k_max` clusters, or to the number of distinct rows.
pub(super) fn sweep(x: &Matrix, k_max: usize, n_init: usize, seed: u64) -> Result<Vec<Clusters>> {
    let k_max = k_max.min(distinct_rows(x, k_max));
    Sweep { n_init, seed, ..Sweep::new(1, k_max) }.fit(x)
}

/// The same for the many small tables of resampling and references, whose clusters need not be exact: few
/// plain starts and iterations, the more starts the fewer rows. A search for the best would cost more here.
pub(super) fn resweep(x: &Matrix, k_max: usize, seed: u64) -> Result<Vec<Clusters>> {
    let k_max = k_max.min(distinct_rows(x, k_max));
    let n_init = if x.n_rows() < 500 { 4 } else { 2 };
    let fit = |k: usize| -> Result<Clusters> {
        let run = |start: u64| Ok(lloyd(x, plus_plus(x, k, &mut Random::stream(seed, start))?, 30));
        (1..n_init).try_fold(run(0)?, |best, start| {
            let found: Clusters = run(start)?;
            Ok(if found.inertia < best.inertia { found } else { best })
        })
    };
    (1..=k_max).into_par_iter().map(fit).collect()
}

/// k-means with one number of clusters.
pub(super) fn fit(x: &Matrix, k: usize, n_init: usize, seed: u64) -> Result<Clusters> {
    KMeans { n_init, seed, ..KMeans::new(k) }.fit(x)
}
