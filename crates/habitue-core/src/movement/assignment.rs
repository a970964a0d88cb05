//! The best one-to-one assignment of rows to columns.

/// For each row the column that it gets, so that the sum of the scores is greatest; `None` where nothing is gained.
///
/// `scores` has `n_rows × n_columns` values of 0 or more, row by row; a score of 0 is no pair. Rows and columns need not
/// be equally many. Which of several best assignments is given depends on the scores alone.
///
/// Shortest augmenting paths over reduced costs: row by row, the cheapest chain of changes that gives one more row a
/// column is found as by Dijkstra's algorithm, with potentials that keep reduced costs at 0 or more. Costs `O(m³)` in
/// time and `O(m)` in memory for m = the greater of rows and columns.
///
/// R. Jonker and A. Volgenant, "A shortest augmenting path algorithm for dense and sparse linear assignment problems",
/// Computing 38 (1987), 325–340; without their starting heuristics, which pay from hundreds of rows on.
///
/// ```
/// use habitue_core::movement::assign_best;
/// // The best of each row alone would give both rows the first column.
/// assert_eq!(assign_best(&[9.0, 8.0, 7.0, 1.0], 2, 2), [Some(1), Some(0)]);
/// ```
///
/// # Panics
/// If there are not `n_rows × n_columns` scores.
pub fn assign_best(scores: &[f64], n_rows: usize, n_columns: usize) -> Vec<Option<usize>> {
    assert_eq!(scores.len(), n_rows * n_columns, "one score for each pair");
    let m = n_rows.max(n_columns);
    // Rows and columns that are not there cost nothing and gain nothing.
    let gain = |row: usize, column: usize| {
        if row < n_rows && column < n_columns { scores[row * n_columns + column] } else { 0.0 }
    };
    let mut search =
        Search { row_of: vec![None; m], row_potential: vec![0.0; m], column_potential: vec![0.0; m] };
    for row in 0..m {
        search.add(row, |row, column| -gain(row, column));
    }
    let mut assigned = vec![None; n_rows];
    for (column, row) in search.row_of.into_iter().enumerate() {
        if let Some(row) = row.filter(|&row| gain(row, column) > 0.0) {
            assigned[row] = Some(column);
        }
    }
    assigned
}

/// An assignment of some rows that is the cheapest for these rows.
struct Search {
    /// The row of each column.
    row_of: Vec<Option<usize>>,
    /// `cost − row_potential − column_potential` is 0 or more for every pair and 0 for the assigned ones.
    row_potential: Vec<f64>,
    column_potential: Vec<f64>,
}

impl Search {
    /// Gives one more row a column, moving others where that is cheapest.
    fn add(&mut self, added: usize, cost: impl Fn(usize, usize) -> f64) {
        let m = self.row_of.len();
        // The length of the shortest path to each column, and the column before it (none for the added row itself).
        let mut distance = vec![f64::INFINITY; m];
        let mut before: Vec<Option<usize>> = vec![None; m];
        let mut settled = vec![false; m];
        let (mut row, mut from, mut reached) = (added, None, 0.0);
        let free = loop {
            for column in (0..m).filter(|&c| !settled[c]) {
                let step = cost(row, column) - self.row_potential[row] - self.column_potential[column];
                if reached + step < distance[column] {
                    (distance[column], before[column]) = (reached + step, from);
                }
            }
            let open = (0..m).filter(|&c| !settled[c]);
            let nearest = open.min_by(|&a, &b| distance[a].total_cmp(&distance[b]));
            let nearest = nearest.expect("there are as many columns as rows, so one is free");
            reached = distance[nearest];
            settled[nearest] = true;
            match self.row_of[nearest] {
                None => break nearest,
                Some(owner) => (row, from) = (owner, Some(nearest)),
            }
        };
        self.row_potential[added] += reached;
        for column in (0..m).filter(|&c| settled[c]) {
            let slack = reached - distance[column];
            self.column_potential[column] -= slack;
            if let Some(owner) = self.row_of[column] {
                self.row_potential[owner] += slack;
            }
        }
        let mut column = free;
        while let Some(previous) = before[column] {
            self.row_of[column] = self.row_of[previous];
            column = previous;
        }
        self.row_of[column] = Some(added);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_table_solved_by_hand_gives_its_best_sum() {
        // 1–c, 2–b, 3–a: 5 + 6 + 7 = 18; the greedy way, 9 first, ends at 9 + 6 + 1 = 16.
        let scores = [9.0, 8.0, 5.0, 4.0, 6.0, 2.0, 7.0, 3.0, 1.0];
        let best = assign_best(&scores, 3, 3);
        let sum: f64 = best.iter().enumerate().map(|(r, c)| scores[r * 3 + c.unwrap()]).sum();
        assert_eq!(sum, 18.0);
        assert_eq!(best, [Some(2), Some(1), Some(0)]);
    }

    #[test]
    fn rows_without_anything_to_gain_get_no_column() {
        assert_eq!(assign_best(&[0.0, 0.0, 0.0, 0.5], 2, 2), [None, Some(1)]);
        assert_eq!(assign_best(&[0.5, 0.7, 0.6], 3, 1), [None, Some(0), None]);
        assert_eq!(assign_best(&[0.5, 0.7, 0.6], 1, 3), [Some(1)]);
        assert_eq!(assign_best(&[], 2, 0), [None, None]);
        assert_eq!(assign_best(&[], 0, 2), []);
    }

    /// The best sum over all ways to give each row a column of its own or none.
    fn by_trying(scores: &[f64], n_columns: usize, row: usize, taken: u32) -> f64 {
        let Some(own) = scores.get(row * n_columns..(row + 1) * n_columns).filter(|s| !s.is_empty()) else {
            return 0.0;
        };
        let without = by_trying(scores, n_columns, row + 1, taken);
        let with = own.iter().enumerate().filter(|(c, _)| taken & (1 << c) == 0);
        with.map(|(c, score)| score + by_trying(scores, n_columns, row + 1, taken | 1 << c))
            .fold(without, f64::max)
    }

    proptest! {
        #[test]
        fn no_assignment_is_better(
            (n_rows, n_columns, scores) in (1_usize..6, 1_usize..6).prop_flat_map(|(r, c)| {
                // Quarters, so that ties are many and sums exact; and a good part of zeros.
                let score = (-4_i32..12).prop_map(|v| f64::from(v.max(0)) / 4.0);
                (Just(r), Just(c), proptest::collection::vec(score, r * c))
            })
        ) {
            let assigned = assign_best(&scores, n_rows, n_columns);
            let mut taken: Vec<usize> = assigned.iter().flatten().copied().collect();
            taken.sort_unstable();
            prop_assert!(taken.windows(2).all(|w| w[0] < w[1]), "a column is given twice: {assigned:?}");
            let pairs = assigned.iter().enumerate().filter_map(|(r, c)| Some(scores[r * n_columns + (*c)?]));
            let gained: Vec<f64> = pairs.collect();
            prop_assert!(gained.iter().all(|s| *s > 0.0));
            prop_assert_eq!(gained.iter().sum::<f64>(), by_trying(&scores, n_columns, 0, 0));
        }
    }
}
