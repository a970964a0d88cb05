//! The inner loop of silhouettes: distances of groups of lanes to a run of rows, added up on both sides.

use pulp::{Arch, NullaryFnOnce, Simd, WithSimd};

use super::LANES;

/// Adds up weighted Euclidean distances between groups of lanes and rows.
///
/// Uses the widest vector unit found at run time.
/// With AVX-512 the divider, which takes roots, is the bottleneck; there every other root is computed from an
/// estimate of 14 bits by two steps of Newton's, to the last bit or two, so that divider and multipliers work
/// side by side.
pub(super) struct Sums<'a> {
    pub(super) n_cols: usize,
    /// `groups × d × LANES`.
    pub(super) lanes: &'a [f64],
    /// Weight of each lane; `groups × LANES`.
    pub(super) lane_weights: &'a [f64],
    /// `rows × d`.
    pub(super) rows: &'a [f64],
    /// Weight of each row.
    pub(super) row_weights: &'a [f64],
    /// Receives for each lane `Σ_rows weight · distance`; `groups × LANES`.
    pub(super) of_lanes: &'a mut [f64],
    /// Receives for each row `Σ_groups weight · distance` lane by lane, `rows × LANES`; empty if not wanted.
    pub(super) of_rows: &'a mut [f64],
}

impl Sums<'_> {
    pub(super) fn add(self, arch: Arch) {
        match self.n_cols {
            1 => self.with_columns::<1>(arch),
            2 => self.with_columns::<2>(arch),
            3 => self.with_columns::<3>(arch),
            4 => self.with_columns::<4>(arch),
            5 => self.with_columns::<5>(arch),
            6 => self.with_columns::<6>(arch),
            7 => self.with_columns::<7>(arch),
            8 => self.with_columns::<8>(arch),
            _ => self.with_columns::<0>(arch),
        }
    }

    /// With `D` columns, kept in registers; with any number of them for `D = 0`.
    fn with_columns<const D: usize>(self, arch: Arch) {
        match (arch, self.of_rows.is_empty()) {
            #[cfg(target_arch = "x86_64")]
            (Arch::V4(simd), true) => Simd::vectorize(simd, Estimating::<D, false>(self, simd)),
            #[cfg(target_arch = "x86_64")]
            (Arch::V4(simd), false) => Simd::vectorize(simd, Estimating::<D, true>(self, simd)),
            (_, true) => arch.dispatch(Plain::<D, false>(self)),
            (_, false) => arch.dispatch(Plain::<D, true>(self)),
        }
    }
}

struct Plain<'a, const D: usize, const BOTH: bool>(Sums<'a>);

impl<const D: usize, const BOTH: bool> WithSimd for Plain<'_, D, BOTH> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        add::<S, D, BOTH>(simd, self.0, |squared| simd.sqrt_f64s(squared));
    }
}

#[cfg(target_arch = "x86_64")]
struct Estimating<'a, const D: usize, const BOTH: bool>(Sums<'a>, pulp::x86::V4);

#[cfg(target_arch = "x86_64")]
impl<const D: usize, const BOTH: bool> NullaryFnOnce for Estimating<'_, D, BOTH> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let simd = self.1;
        let half = simd.splat_f64s(0.5);
        add::<_, D, BOTH>(simd, self.0, |squared| {
            // The root of 0 is 0 times a large number.
            let estimable = simd.max_f64s(squared, simd.splat_f64s(f64::MIN_POSITIVE));
            let inverse = pulp::cast(simd.avx512f._mm512_rsqrt14_pd(pulp::cast(estimable)));
            // y ← y + y (1 − s y²) / 2
            let half_inverse = simd.mul_f64s(half, inverse);
            let error = simd.negate_mul_add_e_f64s(simd.mul_f64s(squared, inverse), half_inverse, half);
            let inverse = simd.mul_add_e_f64s(inverse, error, inverse);
            // r ← r + y (s − r²) / 2 with r = s y
            let root = simd.mul_f64s(squared, inverse);
            let error = simd.negate_mul_add_e_f64s(root, root, squared);
            simd.mul_add_e_f64s(error, simd.mul_f64s(half, inverse), root)
        });
    }
}

/// Two vectors of lanes at a time; `root` takes the roots of the second of them.
#[inline(always)]
fn add<S: Simd, const D: usize, const BOTH: bool>(
    simd: S,
    sums: Sums<'_>,
    root: impl Fn(S::f64s) -> S::f64s,
) {
    let Sums { n_cols, lanes, lane_weights, rows, row_weights, of_lanes, of_rows } = sums;
    let d = if D == 0 { n_cols } else { D };
    let zero = simd.splat_f64s(0.0);
    let mut fixed = [[zero; 2]; D];
    let mut any = vec![[zero; 2]; if D == 0 { d } else { 0 }];
    // A group of lanes is one or several vectors, by the machine.
    let n_vectors = LANES / S::F64_LANES;
    let lanes = S::as_simd_f64s(lanes).0;
    let lane_weights = S::as_simd_f64s(lane_weights).0;
    let of_lanes = S::as_mut_simd_f64s(of_lanes).0;
    let of_rows = S::as_mut_simd_f64s(of_rows).0;
    for at in (0..of_lanes.len()).step_by(2) {
        // The last of an odd number is measured twice and counted once.
        let next = (at + 1).min(of_lanes.len() - 1);
        let columns: &mut [[S::f64s; 2]] = if D == 0 { &mut any } else { &mut fixed };
        for (j, column) in columns.iter_mut().enumerate() {
            *column = [at, next].map(|at| lanes[(at / n_vectors * d + j) * n_vectors + at % n_vectors]);
        }
        let columns: &[[S::f64s; 2]] = columns;
        let once = if next == at { zero } else { lane_weights[next] };
        let (first_weight, second_weight) = (lane_weights[at], once);
        let (mut first_total, mut second_total) = (of_lanes[at], of_lanes[next]);
        let (first_vector, second_vector) = (at % n_vectors, next % n_vectors);
        for (at, (row, &weight)) in rows.chunks_exact(d).zip(row_weights).enumerate() {
            let (mut first, mut second) = (zero, zero);
            for (&[a, b], &value) in columns.iter().zip(row) {
                let value = simd.splat_f64s(value);
                let (a, b) = (simd.sub_f64s(a, value), simd.sub_f64s(b, value));
                first = simd.mul_add_e_f64s(a, a, first);
                second = simd.mul_add_e_f64s(b, b, second);
            }
            let (first, second) = (simd.sqrt_f64s(first), root(second));
            let weight = simd.splat_f64s(weight);
            first_total = simd.mul_add_e_f64s(weight, first, first_total);
            second_total = simd.mul_add_e_f64s(weight, second, second_total);
            if BOTH {
                let of_row = &mut of_rows[at * n_vectors..(at + 1) * n_vectors];
                of_row[first_vector] = simd.mul_add_e_f64s(first_weight, first, of_row[first_vector]);
                of_row[second_vector] = simd.mul_add_e_f64s(second_weight, second, of_row[second_vector]);
            }
        }
        // In this order: where both are one vector, the first is the one that counts.
        of_lanes[next] = second_total;
        of_lanes[at] = first_total;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::distance::squared;
    use crate::math::random::Random;

    /// Sums for `groups` groups of lanes and some rows, both ways, with one unit.
    fn sums(arch: Arch, d: usize, groups: usize, n_rows: usize, scale: f64) -> (Vec<f64>, Vec<f64>) {
        let mut random = Random::new(7);
        let mut draw = |n: usize| -> Vec<f64> { (0..n).map(|_| scale * random.uniform()).collect() };
        let (lanes, rows) = (draw(groups * d * LANES), draw(n_rows * d));
        let lane_weights: Vec<f64> = (0..groups * LANES).map(|at| (at % 3) as f64).collect();
        let row_weights: Vec<f64> = (0..n_rows).map(|at| (1 + at % 2) as f64).collect();
        let (mut of_lanes, mut of_rows) = (vec![0.0; groups * LANES], vec![0.0; n_rows * LANES]);
        let (lane_weights, row_weights) = (lane_weights.as_slice(), row_weights.as_slice());
        Sums {
            n_cols: d,
            lanes: &lanes,
            lane_weights,
            rows: &rows,
            row_weights,
            of_lanes: &mut of_lanes,
            of_rows: &mut of_rows,
        }
        .add(arch);
        let of_rows: Vec<f64> = of_rows.chunks(LANES).map(|lanes| lanes.iter().sum()).collect();
        let lane = |at: usize| -> Vec<f64> {
            (0..d).map(|j| lanes[(at / LANES * d + j) * LANES + at % LANES]).collect()
        };
        for (at, &found) in of_lanes.iter().enumerate() {
            let distances = rows.chunks(d).map(|row| squared(row, &lane(at)).sqrt());
            let plain: f64 = distances.zip(row_weights).map(|(distance, weight)| distance * weight).sum();
            assert!((found - plain).abs() <= 1e-14 * plain, "{found} {plain}");
        }
        (of_lanes, of_rows)
    }

    #[test]
    fn every_unit_adds_up_the_distances_of_both_sides() {
        for d in [1, 2, 3, 4, 5, 6, 7, 8, 9, 20] {
            for (groups, n_rows) in [(1, 1), (1, 5), (3, 7), (4, 16)] {
                for scale in [1.0, 1e-120, 1e120] {
                    let (lanes, rows) = sums(Arch::new(), d, groups, n_rows, scale);
                    let (plain_lanes, plain_rows) = sums(Arch::Scalar, d, groups, n_rows, scale);
                    let close =
                        |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-14 * b.abs());
                    assert!(close(&lanes, &plain_lanes) && close(&rows, &plain_rows));
                }
            }
        }
    }
}
