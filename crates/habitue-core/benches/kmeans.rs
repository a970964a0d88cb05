//! k-means, the objective it reaches beside its time, and the silhouettes of a sweep.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use habitue_core::Matrix;
use habitue_core::cluster::assign::assign;
use habitue_core::cluster::kmeans::KMeans;
use habitue_core::cluster::labels::labels;
use habitue_core::cluster::sweep::Sweep;
use habitue_core::evaluate::silhouette::silhouettes;
use habitue_core::math::random::Random;

/// `n` customers around eight centres that overlap somewhat.
fn customers(n: usize, d: usize) -> Matrix {
    let mut random = Random::new(1);
    let centres: Vec<f64> = (0..8 * d).map(|_| 4.0 * random.uniform()).collect();
    let mut value = |at: usize| centres[at] + (0..12).map(|_| random.uniform()).sum::<f64>() - 6.0;
    let values = (0..n).flat_map(|i| (0..d).map(move |j| i % 8 * d + j)).map(&mut value).collect();
    Matrix::new(d, values).expect("the values are finite")
}

fn benches(c: &mut Criterion) {
    for (n, d, k) in [(4_400, 4, 6), (100_000, 8, 6)] {
        let x = customers(n, d);
        let kmeans = KMeans { n_init: 1, ..KMeans::new(k) };
        let inertia = kmeans.fit(&x).expect("the customers differ").inertia;
        let name = format!("kmeans/n={n},d={d},k={k},starts=1,inertia={inertia:.1}");
        c.bench_function(&name, |b| b.iter(|| kmeans.fit(black_box(&x))));
    }
    for (n, d) in [(100_000, 4), (100_000, 8), (100_000, 16)] {
        let x = customers(n, d);
        let start = x.select(&[1, 2, 3, 4, 5, 6, 7, 8]);
        let kmeans = KMeans::new(8);
        let found = kmeans.fit_from(&x, &start).expect("the starts fit");
        let name =
            format!("lloyd/n={n},d={d},k=8,iterations={},inertia={:.1}", found.iterations, found.inertia);
        c.bench_function(&name, |b| b.iter(|| kmeans.fit_from(black_box(&x), &start)));
        c.bench_function(&format!("assign/n={n},d={d},k=8"), |b| b.iter(|| assign(black_box(&x), &start)));
        c.bench_function(&format!("labels/n={n},d={d},k=8"), |b| b.iter(|| labels(black_box(&x), &start)));
    }
    let x = customers(100_000, 4);
    let sweep = Sweep::new(2, 12);
    c.bench_function("sweep/n=100000,d=4,k=2..12", |b| b.iter(|| sweep.fit(black_box(&x))));
    let x = customers(4_400, 4);
    let fits: Vec<_> = (2..=12).map(|k| KMeans::new(k).fit(&x).expect("the customers differ")).collect();
    let labelings: Vec<&[u32]> = fits.iter().map(|fit| fit.labels.as_slice()).collect();
    c.bench_function("silhouettes/n=4400,d=4,labelings=11", |b| {
        b.iter(|| silhouettes(black_box(&x), &labelings));
    });
}

criterion_group! { name = all; config = Criterion::default().sample_size(10); targets = benches }
criterion_main!(all);
