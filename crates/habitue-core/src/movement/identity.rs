//! What segments are numbered and called, from run to run.

use std::collections::BTreeSet;

use super::matching::Matching;

/// What is known of a segment when its identity is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known<'a> {
    /// Its id: that of the previous run for an old segment, its rank from 1 for a new one.
    pub id: usize,
    /// Its name.
    pub name: &'a str,
    /// Key of its persona.
    pub persona_key: &'a str,
}

/// What a segment is numbered and called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its id, its own for ever.
    pub id: usize,
    /// Its name, unique in the run.
    pub name: String,
}

/// The identities of the new segments, in their order, and the first id that was never used.
///
/// - A new segment with a pair has the pair's id; others get `next_id` and following, in their order.
/// - It keeps the pair's name where it has kept the pair's persona, for a name says what kind of segment it is.
///   The only segment of a run is called what it is: neither does it hand on its name nor take another's.
/// - A name that a kept one has taken already is told apart by the segment's id.
///
/// `next_id` is above all ids that were ever given, so none is given twice, not even that of a segment that vanished.
pub fn carry(
    old: &[Known<'_>],
    new: &[Known<'_>],
    matching: &Matching,
    next_id: usize,
) -> (Vec<Identity>, usize) {
    let mut next_id = old.iter().map(|known| known.id + 1).fold(next_id, usize::max);
    let before: Vec<Option<&Known<'_>>> =
        (0..new.len()).map(|segment| matching.of_new(segment).map(|pair| &old[pair.old])).collect();
    let keeps = |segment: usize| {
        let is_one_of_many = old.len() > 1 && new.len() > 1;
        before[segment].filter(|b| is_one_of_many && b.persona_key == new[segment].persona_key)
    };
    let mut used: BTreeSet<String> = (0..new.len()).filter_map(keeps).map(|b| b.name.to_owned()).collect();
    let identity = |segment: usize| {
        let id = before[segment].map_or_else(
            || {
                next_id += 1;
                next_id - 1
            },
            |before| before.id,
        );
        if let Some(before) = keeps(segment) {
            return Identity { id, name: before.name.to_owned() };
        }
        let mut name = new[segment].name.to_owned();
        while !used.insert(name.clone()) {
            name = format!("{name}, group {id}");
        }
        Identity { id, name }
    };
    let identities = (0..new.len()).map(identity).collect();
    (identities, next_id)
}

#[cfg(test)]
mod tests {
    use super::super::Pair;
    use super::*;

    fn known<'a>(id: usize, name: &'a str, persona_key: &'a str) -> Known<'a> {
        Known { id, name, persona_key }
    }

    fn matching(pairs: &[(usize, usize)]) -> Matching {
        let pair = |&(old, new): &(usize, usize)| Pair { old, new, overlap: 1.0, stayed: 1 };
        Matching { pairs: pairs.iter().map(pair).collect(), new: Vec::new(), vanished: Vec::new() }
    }

    fn words(identities: &[Identity]) -> Vec<(usize, &str)> {
        identities.iter().map(|i| (i.id, i.name.as_str())).collect()
    }

    #[test]
    fn ids_and_names_are_kept_and_ids_of_segments_that_vanished_are_not_given_again() {
        let old = [known(1, "Loyal", "loyal"), known(4, "Potential, recent", "potential")];
        let new = [known(1, "Loyal, frequent", "loyal"), known(2, "Loyal, weekend", "loyal")];
        let (identities, next) = carry(&old, &new, &matching(&[(0, 1)]), 6);
        assert_eq!(words(&identities), [(6, "Loyal, frequent"), (1, "Loyal")]);
        assert_eq!(next, 7);
        // A file that does not know what was given: above all that is seen.
        assert_eq!(carry(&old, &new, &matching(&[(0, 1)]), 0).0[0].id, 5);
    }

    #[test]
    fn a_segment_that_became_another_kind_keeps_its_id_and_takes_the_new_name() {
        let old = [known(1, "Loyal", "loyal"), known(2, "Potential", "potential")];
        let new = [known(1, "Loyal", "loyal"), known(2, "At risk", "at-risk")];
        let (identities, _) = carry(&old, &new, &matching(&[(0, 0), (1, 1)]), 3);
        assert_eq!(words(&identities), [(1, "Loyal"), (2, "At risk")]);
    }

    #[test]
    fn names_stay_unique_whatever_is_kept() {
        let old = [known(1, "Potential, recent", "potential"), known(2, "Low value", "low")];
        let new = [known(1, "Potential, big", "potential"), known(2, "Potential, recent", "potential")];
        let (identities, _) = carry(&old, &new, &matching(&[(0, 0)]), 3);
        assert_eq!(words(&identities), [(1, "Potential, recent"), (3, "Potential, recent, group 3")]);
    }

    #[test]
    fn all_customers_is_no_name_for_one_of_several() {
        let one = [known(1, "All customers", "potential")];
        let two = [known(1, "Potential, big", "potential"), known(2, "Potential, small", "potential")];
        let (split, _) = carry(&one, &two, &matching(&[(0, 1)]), 2);
        assert_eq!(words(&split), [(2, "Potential, big"), (1, "Potential, small")]);
        let (joined, _) = carry(&two, &one, &matching(&[(1, 0)]), 3);
        assert_eq!(words(&joined), [(2, "All customers")]);
    }
}
