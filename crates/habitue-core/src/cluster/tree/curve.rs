//! Rows in the order of a space-filling curve: neighbours on it are neighbours in space.

/// Bits of one digit of the sort, and of one column at most.
const DIGIT_BITS: usize = 11;
const N_DIGITS: usize = 1 << DIGIT_BITS;
/// Bits of a place on the curve: two digits.
const KEY_BITS: usize = 2 * DIGIT_BITS;
/// Bits beyond those that tell the rows apart if they fill their box evenly.
const SPARE_BITS: usize = 8;
/// Rows up to which comparing sorts faster than counting.
const FEW_ROWS: usize = 1024;
/// Added to a number from 0 to 2⁵¹, leaves it rounded in the last bits.
const ROUNDING: f64 = (1_u64 << 52) as f64;

/// A row: its place on the curve in the high half, its position among the rows of the branch in the low one.
pub(super) type Entry = u64;

/// The place of a row on the curve.
pub(super) fn key(entry: Entry) -> u32 {
    (entry >> 32) as u32
}

/// The position of a row.
#[inline(always)]
pub(super) fn position(entry: Entry) -> usize {
    entry as u32 as usize
}

/// Sorts rows along curves; holds buffers that are used again and again.
pub(super) struct Curve {
    n_cols: usize,
    low: Vec<f64>,
    high: Vec<f64>,
    /// Cells of a column to a unit of it.
    scale: Vec<f64>,
    /// What each cell of a column adds to a key.
    cells: Vec<[u32; N_DIGITS]>,
    spare: Vec<Entry>,
}

impl Curve {
    pub(super) fn new(n_cols: usize) -> Self {
        Self {
            n_cols,
            low: vec![0.0; n_cols],
            high: vec![0.0; n_cols],
            scale: vec![0.0; n_cols],
            cells: vec![[0; N_DIGITS]; n_cols],
            spare: Vec::new(),
        }
    }

    /// Orders rows along a curve through their box (Morton 1966).
    ///
    /// A key interleaves the bits of a row's cell in each column; the next bit is always that of the column whose cells
    /// are widest, so that cells are nearly cubes. `values` holds the rows of the branch, one after the other.
    /// All keys are equal only if all rows are, or so close that cells to tell them apart have no width. Costs `O(n d)` time.
    pub(super) fn sort(&mut self, entries: &mut [Entry], values: &[f64]) {
        match self.n_cols {
            3 => self.place::<3>(entries, values),
            4 => self.place::<4>(entries, values),
            8 => self.place::<8>(entries, values),
            _ => {
                self.low.fill(f64::INFINITY);
                self.high.fill(f64::NEG_INFINITY);
                for &entry in &*entries {
                    let row = &values[position(entry) * self.n_cols..][..self.n_cols];
                    widen(&mut self.low, &mut self.high, row);
                }
                self.number_cells(entries.len());
                for entry in &mut *entries {
                    let row = &values[position(*entry) * self.n_cols..][..self.n_cols];
                    *entry = entry_at(position(*entry), row, &self.low, &self.scale, &self.cells);
                }
            }
        }
        if entries.len() <= FEW_ROWS {
            entries.sort_unstable();
        } else {
            self.sort_by_digits(entries);
        }
    }

    /// Finds the box and the keys where the number of columns is known to the compiler.
    fn place<const D: usize>(&mut self, entries: &mut [Entry], values: &[f64]) {
        let (rows, _) = values.as_chunks::<D>();
        let (mut low, mut high) = ([f64::INFINITY; D], [f64::NEG_INFINITY; D]);
        for &entry in &*entries {
            widen(&mut low, &mut high, &rows[position(entry)]);
        }
        self.low.copy_from_slice(&low);
        self.high.copy_from_slice(&high);
        self.number_cells(entries.len());
        let scale: [f64; D] = std::array::from_fn(|column| self.scale[column]);
        for entry in entries {
            *entry = entry_at(position(*entry), &rows[position(*entry)], &low, &scale, &self.cells);
        }
    }

    /// Deals the bits of a key out to the columns, the highest first.
    fn number_cells(&mut self, n_rows: usize) {
        let n_bits = KEY_BITS.min(n_rows.ilog2() as usize + SPARE_BITS);
        let mut widths: Vec<f64> =
            self.low.iter().zip(&self.high).map(|(low, high)| high / 2.0 - low / 2.0).collect();
        let mut bits = vec![([0; DIGIT_BITS], 0); self.n_cols];
        for bit in (KEY_BITS - n_bits..KEY_BITS).rev() {
            let open = (0..self.n_cols).rev().filter(|&column| bits[column].1 < DIGIT_BITS);
            let Some(widest) = open.max_by(|&a, &b| widths[a].total_cmp(&widths[b])) else { break };
            let (of_column, n) = &mut bits[widest];
            of_column[*n] = bit;
            *n += 1;
            widths[widest] /= 2.0;
        }
        for (column, (bits, n_bits)) in bits.iter().enumerate() {
            let cells = &mut self.cells[column];
            cells[0] = 0;
            let mut n_cells = 1;
            for bit in &bits[..*n_bits] {
                // Each cell is halved.
                for cell in (0..n_cells).rev() {
                    (cells[2 * cell], cells[2 * cell + 1]) = (cells[cell], cells[cell] | 1 << bit);
                }
                n_cells *= 2;
            }
            let scale = (n_cells - 1) as f64 / (self.high[column] - self.low[column]);
            self.scale[column] = if scale.is_finite() { scale } else { 0.0 };
        }
    }

    /// Sorts by the lower digit of the keys and then by the higher one, keeping the order of equals.
    fn sort_by_digits(&mut self, entries: &mut [Entry]) {
        let digits = |entry: Entry| {
            let key = key(entry) as usize;
            (key % N_DIGITS, key / N_DIGITS % N_DIGITS)
        };
        let (mut lower, mut higher) = ([0_u32; N_DIGITS], [0_u32; N_DIGITS]);
        for &entry in &*entries {
            let (low, high) = digits(entry);
            lower[low] += 1;
            higher[high] += 1;
        }
        for counts in [&mut lower, &mut higher] {
            let mut start = 0;
            for count in counts {
                (start, *count) = (start + *count, start);
            }
        }
        self.spare.resize(entries.len(), 0);
        for &entry in &*entries {
            let place = &mut lower[digits(entry).0];
            self.spare[*place as usize] = entry;
            *place += 1;
        }
        for &entry in &self.spare {
            let place = &mut higher[digits(entry).1];
            entries[*place as usize] = entry;
            *place += 1;
        }
    }
}

/// Widens a box so that a row lies in it.
#[inline(always)]
fn widen(low: &mut [f64], high: &mut [f64], row: &[f64]) {
    for ((low, high), &value) in low.iter_mut().zip(high).zip(row) {
        *low = if value < *low { value } else { *low };
        *high = if value > *high { value } else { *high };
    }
}

/// A row with the key of its cells.
#[inline(always)]
fn entry_at(position: usize, row: &[f64], low: &[f64], scale: &[f64], cells: &[[u32; N_DIGITS]]) -> Entry {
    let mut key = 0;
    for (((value, low), scale), cells) in row.iter().zip(low).zip(scale).zip(cells) {
        let cell = ((value - low) * scale + ROUNDING).to_bits() as usize;
        key |= cells[cell % N_DIGITS];
    }
    u64::from(key) << 32 | position as u64
}
