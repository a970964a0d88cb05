//! The centres of one iteration, as the kernels read them.

use crate::math::lanes::{self, LANES, Nearest, Octet};

/// The coordinate of a centre that fills up a block of eight: far from everything, with a finite square.
pub(super) const NOWHERE: f64 = 1e150;

/// Centres eight side by side, column by column, as the kernels read them.
pub(super) struct Wide {
    pub n: usize,
    /// Column `j` of the eight centres of block `b` at `b · d + j`.
    pub blocks: Vec<Octet>,
    pub labels: Vec<u32>,
}

impl Wide {
    pub(super) fn with_room(k: usize, d: usize) -> Self {
        Self { n: 0, blocks: vec![Octet([NOWHERE; LANES]); k.div_ceil(LANES) * d], labels: vec![0; k] }
    }

    pub(super) fn new(centres: &[f64], d: usize) -> Self {
        let k = centres.len() / d;
        let mut wide = Self::with_room(k, d);
        for (index, centre) in centres.chunks_exact(d).enumerate() {
            for (column, &value) in centre.iter().enumerate() {
                wide.blocks[index / LANES * d + column][index % LANES] = value;
            }
            wide.labels[index] = index as u32;
        }
        wide.n = k;
        wide
    }
}

/// The centres of one iteration, and how far they have come since the first.
pub(super) struct Frame {
    pub k: usize,
    pub d: usize,
    pub wide: Wide,
    /// How far each centre has travelled, and 0.
    pub travelled: Vec<f64>,
    /// How far the farthest travelled of each iteration together.
    pub farthest: f64,
    /// Centres ruled out by less than this stay candidates: they may be back soon.
    pub reach: f64,
}

/// Measures eight rows against some of the centres, given in ascending order; the lower of equals wins.
#[inline(always)]
pub(super) fn nearest_of_block<const D: usize>(rows: &[Octet], centres: &Wide, among: &[u32]) -> Nearest {
    let d = if D == 0 { rows.len() } else { D };
    let mut nearest = Nearest::NONE;
    for &at in among {
        let index = at as usize;
        let block = &centres.blocks[index / LANES * d..][..d];
        nearest.offer(
            u64::from(at),
            lanes::squared(&rows[..d], block.iter().map(|column| column[index % LANES])),
        );
    }
    nearest
}
