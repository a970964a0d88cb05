//! Indices of a clustering, their value beside the time.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use habitue_core::Matrix;
use habitue_core::evaluate::indices::indices;
use habitue_core::evaluate::mutual_information::{Average, adjusted_mutual_information};
use habitue_core::evaluate::silhouette::silhouettes;
use habitue_core::evaluate::silhouette::squared::squared_silhouette;
use habitue_core::math::random::Random;

/// `n` rows in eight groups that overlap somewhat, and the group of each.
fn groups(n: usize, d: usize) -> (Matrix, Vec<u32>) {
    let mut random = Random::new(1);
    let labels: Vec<u32> = (0..n).map(|_| random.below(8) as u32).collect();
    let values = labels.iter().flat_map(|&label| std::iter::repeat_n(f64::from(label), d));
    let values = values.map(|centre| centre + random.uniform() * 4.0).collect();
    (Matrix::new(d, values).expect("the values are finite"), labels)
}

fn benches(c: &mut Criterion) {
    let (x, labels) = groups(20_000, 8);
    let mean = silhouettes(&x, &[&labels]).expect("the labels fit")[0].as_ref().map_or(0.0, |s| s.mean);
    c.bench_function(&format!("silhouettes/n=20000,d=8,k=8,mean={mean:.4}"), |b| {
        b.iter(|| silhouettes(black_box(&x), &[&labels]));
    });
    let (x, labels) = groups(1_000_000, 8);
    c.bench_function("squared_silhouette/n=1000000,d=8,k=8", |b| {
        b.iter(|| squared_silhouette(black_box(&x), &labels));
    });
    c.bench_function("indices/n=1000000,d=8,k=8", |b| b.iter(|| indices(black_box(&x), &labels)));
    let other: Vec<u32> = labels.iter().rev().copied().collect();
    c.bench_function("adjusted_mutual_information/n=1000000,k=8", |b| {
        b.iter(|| adjusted_mutual_information(black_box(&labels), &other, Average::Arithmetic));
    });
}

criterion_group! { name = all; config = Criterion::default().sample_size(10); targets = benches }
criterion_main!(all);
