//! How far one word is from another.

/// The candidate closest to `word`, if it is close enough to have been meant.
///
/// Distance is the number of letters to insert, delete or replace (Levenshtein 1966), case ignored;
/// at most a third of the word may differ.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    let distances = candidates.into_iter().map(|c| (distance(word, c), c));
    distances.filter(|(d, _)| *d <= limit).min_by_key(|(d, _)| *d).map(|(_, c)| c)
}

fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.to_lowercase().chars().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            row.push((row[j] + 1).min(previous[j + 1] + 1).min(previous[j] + usize::from(x != *y)));
        }
        previous = row;
    }
    previous[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_understood_and_another_word_is_not() {
        assert_eq!(closest("recencydays", ["orders", "recency_days"]), Some("recency_days"));
        assert_eq!(closest("Spend", ["orders", "spend"]), Some("spend"));
        assert_eq!(closest("colour", ["orders", "spend"]), None);
    }
}
