//! Lists of ids, and several of them in one order.

use std::ops::Range;

use rayon::prelude::*;

/// Ids one after the other in one text.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    text: String,
    ends: Vec<u32>,
}

impl Ids {
    /// With room for about so many.
    pub(crate) fn with_capacity(n: usize) -> Self {
        Self { text: String::with_capacity(n * 8), ends: Vec::with_capacity(n) }
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn get(&self, number: u32) -> &str {
        let number = number as usize;
        let start = if number == 0 { 0 } else { self.ends[number - 1] as usize };
        &self.text[start..self.ends[number] as usize]
    }

    pub(crate) fn push(&mut self, id: &str) -> u32 {
        self.text.push_str(id);
        self.ends.push(self.text.len() as u32);
        self.ends.len() as u32 - 1
    }

    /// The numbers in the order of their ids.
    pub(crate) fn sorted(&self) -> Vec<u32> {
        let mut places: Vec<Place> = self.places(0, 0..self.len()).collect();
        sort(&mut places, |place| self.get(place.number));
        places.into_iter().map(|place| place.number).collect()
    }

    fn places(&self, list: u32, numbers: Range<usize>) -> impl Iterator<Item = Place> + '_ {
        (numbers.start as u32..numbers.end as u32).map(move |number| Place {
            first_bytes: first_bytes(self.get(number)),
            list,
            number,
        })
    }

    /// Where ids begin that are not before this one; the ids must be in order.
    fn start_of(&self, id: &str) -> usize {
        let (mut start, mut end) = (0, self.len());
        while start < end {
            let middle = start.midpoint(end);
            if self.get(middle as u32) < id { start = middle + 1 } else { end = middle }
        }
        start
    }
}

/// The places of several lists in one order: list and number.
#[derive(Debug, Default)]
pub(crate) struct Order(Vec<(u32, u32)>);

impl Order {
    /// That of the ids, each list of which must be in order by itself.
    ///
    /// The ids are parted into as many ranges as there are threads, and each range is brought into order by one of them.
    pub(crate) fn by_id(lists: &[&Ids]) -> Self {
        let mut sample: Vec<&str> =
            lists.iter().flat_map(|list| (0..list.len() as u32).step_by(64).map(|n| list.get(n))).collect();
        sample.sort_unstable();
        let n_ranges = rayon::current_num_threads().clamp(1, sample.len().max(1));
        let splits: Vec<&str> = (1..n_ranges).map(|at| sample[sample.len() * at / n_ranges]).collect();
        let starts_of = |list: &Ids| -> Vec<usize> {
            let inner = splits.iter().map(|split| list.start_of(split));
            std::iter::once(0).chain(inner).chain([list.len()]).collect()
        };
        let starts: Vec<Vec<usize>> = lists.iter().map(|list| starts_of(list)).collect();
        let in_order = |range: usize| {
            let mut places = Vec::with_capacity(starts.iter().map(|s| s[range + 1] - s[range]).sum());
            for (number, (list, starts)) in (0..).zip(lists.iter().zip(&starts)) {
                places.extend(list.places(number, starts[range]..starts[range + 1]));
            }
            sort(&mut places, |place| lists[place.list as usize].get(place.number));
            places.iter().map(|place| (place.list, place.number)).collect()
        };
        let ranges: Vec<Vec<(u32, u32)>> = (0..n_ranges).into_par_iter().map(in_order).collect();
        Self(ranges.concat())
    }

    /// The places for which something holds, by list and number, and the others; each in the same order.
    pub(crate) fn partition(self, mut holds: impl FnMut(usize, usize) -> bool) -> (Self, Self) {
        let (yes, no) = self.0.into_iter().partition(|&(list, number)| holds(list as usize, number as usize));
        (Self(yes), Self(no))
    }

    /// The ids in this order.
    pub(crate) fn ids(&self, lists: &[&Ids]) -> Vec<String> {
        self.0.iter().map(|&(list, number)| lists[list as usize].get(number).to_owned()).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The id at a place of this order.
    pub(crate) fn id<'a>(&self, at: usize, lists: &'a [Ids]) -> &'a str {
        let (list, number) = self.0[at];
        lists[list as usize].get(number)
    }

    /// What belongs to that id.
    pub(crate) fn value<T: Copy>(&self, at: usize, lists: &[Vec<T>]) -> T {
        let (list, number) = self.0[at];
        lists[list as usize][number as usize]
    }

    /// What belongs to the ids, given list by list, in this order.
    pub(crate) fn gather<T: Copy>(&self, lists: &[impl AsRef<[T]>]) -> Vec<T> {
        let lists: Vec<&[T]> = lists.iter().map(AsRef::as_ref).collect();
        self.0.iter().map(|&(list, number)| lists[list as usize][number as usize]).collect()
    }
}

/// Where an id is, and what it begins with: two texts that differ in their first eight bytes need no second look.
#[derive(Debug, Clone, Copy)]
struct Place {
    first_bytes: u64,
    list: u32,
    number: u32,
}

/// Puts places in the order of their ids: of what these begin with first, which costs least.
fn sort<'a>(places: &mut [Place], id: impl Fn(&Place) -> &'a str) {
    places.sort_unstable_by_key(|place| place.first_bytes);
    for same in places.chunk_by_mut(|a, b| a.first_bytes == b.first_bytes) {
        if same.len() > 1 {
            same.sort_unstable_by(|a, b| id(a).cmp(id(b)));
        }
    }
}

/// The first eight bytes of a text, in the order of texts.
fn first_bytes(text: &str) -> u64 {
    let mut bytes = [0; 8];
    let n = text.len().min(8);
    bytes[..n].copy_from_slice(&text.as_bytes()[..n]);
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lists_come_in_the_order_of_texts(
            texts in prop::collection::vec(prop::collection::vec("[0-9]{0,12}|[a-b\u{0}\u{e9}]{0,9}", 0..20), 0..5),
        ) {
            let mut lists: Vec<Ids> = Vec::new();
            for texts in &texts {
                let mut ids = Ids::default();
                texts.iter().for_each(|text| _ = ids.push(text));
                let mut sorted = texts.clone();
                sorted.sort_unstable();
                prop_assert_eq!(ids.sorted().into_iter().map(|i| ids.get(i)).collect::<Vec<_>>(), sorted.clone());
                let mut in_order = Ids::default();
                sorted.iter().for_each(|text| _ = in_order.push(text));
                lists.push(in_order);
            }
            let lists: Vec<&Ids> = lists.iter().collect();
            let order = Order::by_id(&lists);
            let mut all = texts.concat();
            all.sort_unstable();
            prop_assert_eq!(order.ids(&lists), all.clone());
            let lengths: Vec<Vec<usize>> = lists
                .iter()
                .map(|list| (0..list.len() as u32).map(|n| list.get(n).len()).collect())
                .collect();
            prop_assert_eq!(order.gather(&lengths), all.iter().map(String::len).collect::<Vec<_>>());
            let (short, long) = order.partition(|list, number| lengths[list][number] < 4);
            let (is_short, is_long): (Vec<_>, Vec<_>) = all.into_iter().partition(|text| text.len() < 4);
            prop_assert_eq!((short.ids(&lists), long.ids(&lists)), (is_short, is_long));
        }
    }
}
