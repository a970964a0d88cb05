//! The inner loop of silhouettes: distances of groups of lanes to a run of rows, added up on both sides.

use pulp::{Arch, Simd, WithSimd};

use super::LANES;

/// Adds up weighted Euclidean distances between groups of lanes and rows.
///
/// Every distance is the root of a sum of squared differences over the columns in their order, without fused
/// operations, so the widest unit found at run time gives the same bits as any other.
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
        if self.of_rows.is_empty() {
            arch.dispatch(Kernel::<D, false>(self));
        } else {
            arch.dispatch(Kernel::<D, true>(self));
        }
    }
}

struct Kernel<'a, const D: usize, const BOTH: bool>(Sums<'a>);

impl<const D: usize, const BOTH: bool> WithSimd for Kernel<'_, D, BOTH> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Sums { n_cols, lanes, lane_weights, rows, row_weights, of_lanes, of_rows } = self.0;
        let d = if D == 0 { n_cols } else { D };
        let zero = simd.splat_f64s(0.0);
        let (mut fixed, mut any) = ([zero; D], vec![zero; if D == 0 { d } else { 0 }]);
        // A group of lanes is one or several vectors, by the machine.
        let n_vectors = LANES / S::F64_LANES;
        let lanes = S::as_simd_f64s(lanes).0;
        let lane_weights = S::as_simd_f64s(lane_weights).0;
        let of_lanes = S::as_mut_simd_f64s(of_lanes).0;
        let of_rows = S::as_mut_simd_f64s(of_rows).0;
        for (at, (own, &lane_weight)) in of_lanes.iter_mut().zip(lane_weights).enumerate() {
            let (group, vector) = (at / n_vectors, at % n_vectors);
            let columns: &mut [S::f64s] = if D == 0 { &mut any } else { &mut fixed };
            for (j, column) in columns.iter_mut().enumerate() {
                *column = lanes[(group * d + j) * n_vectors + vector];
            }
            let columns: &[S::f64s] = columns;
            let mut total = *own;
            for (at, (row, &weight)) in rows.chunks_exact(d).zip(row_weights).enumerate() {
                let mut squared = zero;
                for (&column, &value) in columns.iter().zip(row) {
                    let difference = simd.sub_f64s(column, simd.splat_f64s(value));
                    squared = simd.add_f64s(squared, simd.mul_f64s(difference, difference));
                }
                let distance = simd.sqrt_f64s(squared);
                total = simd.add_f64s(total, simd.mul_f64s(simd.splat_f64s(weight), distance));
                if BOTH {
                    let of_row = &mut of_rows[at * n_vectors + vector];
                    *of_row = simd.add_f64s(*of_row, simd.mul_f64s(lane_weight, distance));
                }
            }
            *own = total;
        }
    }
}
