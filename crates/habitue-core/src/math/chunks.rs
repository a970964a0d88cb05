//! How rows are cut for parallel work, so that the number of threads cannot change a sum.

/// Rows of one chunk: a function of the number of rows alone.
///
/// Partial sums are made per chunk and added in the order of the chunks, so a result is the same on any
/// number of threads.
/// At least 4,096 rows, so that a chunk is worth a thread; at most 256 chunks, so that their partial sums
/// stay small.
pub fn rows_per_chunk(n_rows: usize) -> usize {
    n_rows.div_ceil(256).max(4096)
}
