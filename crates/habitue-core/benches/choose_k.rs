//! The whole sweep over the number of segments, the verdict and its inertia beside the time.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use habitue_core::Matrix;
use habitue_core::choose_k::ChooseK;
use habitue_core::math::random::Random;

/// A table like a shop's: orders are a count, spend follows them, recency runs against them.
fn shop(n: usize) -> Matrix {
    let mut random = Random::new(1);
    let mut row = || {
        let mut noise = || (0..12).map(|_| random.uniform()).sum::<f64>() - 6.0;
        let orders = (1.0 + 2.0 * noise().abs()).floor().ln();
        let value = 0.6 * noise();
        [orders, orders + value, value + 0.1 * noise(), noise() - 0.7 * orders]
    };
    Matrix::new(4, (0..n).flat_map(|_| row()).collect()).expect("the values are finite")
}

fn benches(c: &mut Criterion) {
    let x = shop(4_400);
    let choice = ChooseK::default().fit(&x).expect("the customers differ");
    let name =
        format!("choose_k/n=4400,d=4,k=1..12,verdict={},inertia={:.1}", choice.k, choice.chosen().inertia);
    c.bench_function(&name, |b| b.iter(|| ChooseK::default().fit(black_box(&x))));
}

criterion_group! { name = all; config = Criterion::default().sample_size(10); targets = benches }
criterion_main!(all);
