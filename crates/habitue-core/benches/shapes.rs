//! The clusterings that are not k-means, with what they reach beside their time.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use habitue_core::Matrix;
use habitue_core::cluster::agglomerative::{Agglomerative, Linkage};
use habitue_core::cluster::dbscan::Dbscan;
use habitue_core::cluster::hdbscan::Hdbscan;
use habitue_core::cluster::mixture::GaussianMixture;
use habitue_core::math::random::Random;

/// `n` customers around eight centres that overlap somewhat.
fn customers(n: usize, d: usize) -> Matrix {
    let mut random = Random::new(1);
    let centres: Vec<f64> = (0..8 * d).map(|_| 10.0 * random.uniform()).collect();
    let mut value = |at: usize| centres[at] + (0..12).map(|_| random.uniform()).sum::<f64>() - 6.0;
    let values = (0..n).flat_map(|i| (0..d).map(move |j| i % 8 * d + j)).map(&mut value).collect();
    Matrix::new(d, values).expect("the values are finite")
}

fn benches(c: &mut Criterion) {
    let x = customers(100_000, 8);
    let start: Vec<u32> = (0..100_000).map(|row| row % 8).collect();
    let mixture = GaussianMixture::new(8);
    let fit = mixture.fit_from(&x, None, &start).expect("the customers differ");
    let name = format!("mixture/n=100000,d=8,k=8,log_likelihood={:.1}", fit.log_likelihood);
    c.bench_function(&name, |b| b.iter(|| mixture.fit_from(black_box(&x), None, &start)));

    let x = customers(100_000, 4);
    let dbscan = Dbscan { eps: Some(0.4), min_points: Some(10) };
    let n_noise = dbscan.fit(&x, None).expect("the customers differ").grouping.n_noise();
    let name = format!("dbscan/n=100000,d=4,noise={n_noise}");
    c.bench_function(&name, |b| b.iter(|| dbscan.fit(black_box(&x), None)));

    let x = customers(20_000, 4);
    let hdbscan = Hdbscan { min_samples: Some(10), ..Hdbscan::new(100) };
    let n_clusters = hdbscan.fit(&x, None).expect("the customers differ").grouping.n_clusters();
    let name = format!("hdbscan/n=20000,d=4,clusters={n_clusters}");
    c.bench_function(&name, |b| b.iter(|| hdbscan.fit(black_box(&x), None)));

    for (linkage, n) in [(Linkage::Ward, 20_000), (Linkage::Single, 20_000), (Linkage::Average, 4_000)] {
        let x = customers(n, 4);
        let tree = Agglomerative { linkage, ..Agglomerative::new(8) };
        let fit = tree.fit(&x, None).expect("the customers differ");
        let height: f64 = fit.dendrogram.merges.iter().map(|merge| merge.height).sum();
        let name = format!("agglomerative/{linkage:?},n={n},d=4,height={height:.1}");
        c.bench_function(&name, |b| b.iter(|| tree.fit(black_box(&x), None)));
    }
}

criterion_group! { name = all; config = Criterion::default().sample_size(10); targets = benches }
criterion_main!(all);
