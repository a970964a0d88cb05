//! Lists of ids, and several of them in one order.

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
        let mut places: Vec<Place> = self.places(0).collect();
        places.sort_unstable_by(|a, b| a.cmp_by(b, |place| self.get(place.number)));
        places.into_iter().map(|place| place.number).collect()
    }

    fn places(&self, list: u32) -> impl Iterator<Item = Place> + '_ {
        (0..self.len() as u32).map(move |number| Place {
            first_bytes: first_bytes(self.get(number)),
            list,
            number,
        })
    }
}

/// The places of several lists in one order.
#[derive(Debug, Default)]
pub(crate) struct Order(Vec<Place>);

impl Order {
    /// That of the ids; it takes the least time where each list is in order by itself.
    pub(crate) fn by_id(lists: &[&Ids]) -> Self {
        let numbered: Vec<(u32, &Ids)> = (0..).zip(lists.iter().copied()).collect();
        let places = numbered.into_par_iter().flat_map_iter(|(number, list)| list.places(number));
        let mut places: Vec<Place> = places.collect();
        places.par_sort_by(|a, b| a.cmp_by(b, |place| lists[place.list as usize].get(place.number)));
        Self(places)
    }

    /// The places for which something holds, by list and number, and the others; each in the same order.
    pub(crate) fn partition(self, mut holds: impl FnMut(usize, usize) -> bool) -> (Self, Self) {
        let (yes, no) =
            self.0.into_iter().partition(|place| holds(place.list as usize, place.number as usize));
        (Self(yes), Self(no))
    }

    /// The ids in this order.
    pub(crate) fn ids(&self, lists: &[&Ids]) -> Vec<String> {
        self.0.iter().map(|place| lists[place.list as usize].get(place.number).to_owned()).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The id at a place of this order.
    pub(crate) fn id<'a>(&self, at: usize, lists: &'a [Ids]) -> &'a str {
        lists[self.0[at].list as usize].get(self.0[at].number)
    }

    /// What belongs to that id.
    pub(crate) fn value<T: Copy>(&self, at: usize, lists: &[Vec<T>]) -> T {
        lists[self.0[at].list as usize][self.0[at].number as usize]
    }

    /// What belongs to the ids, given list by list, in this order.
    pub(crate) fn gather<T: Copy>(&self, lists: &[impl AsRef<[T]>]) -> Vec<T> {
        let lists: Vec<&[T]> = lists.iter().map(AsRef::as_ref).collect();
        self.0.iter().map(|place| lists[place.list as usize][place.number as usize]).collect()
    }
}

/// Where an id is, and what it begins with: two texts that differ in their first eight bytes need no second look.
#[derive(Debug, Clone, Copy)]
struct Place {
    first_bytes: u64,
    list: u32,
    number: u32,
}

impl Place {
    fn cmp_by<'a>(&self, other: &Self, id: impl Fn(&Self) -> &'a str) -> std::cmp::Ordering {
        self.first_bytes.cmp(&other.first_bytes).then_with(|| id(self).cmp(id(other)))
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
                prop_assert_eq!(ids.sorted().into_iter().map(|i| ids.get(i)).collect::<Vec<_>>(), sorted);
                lists.push(ids);
            }
            let lists: Vec<&Ids> = lists.iter().collect();
            let order = Order::by_id(&lists);
            let mut all = texts.concat();
            all.sort_unstable();
            prop_assert_eq!(order.ids(&lists), all.clone());
            let lengths: Vec<Vec<usize>> =
                texts.iter().map(|texts| texts.iter().map(String::len).collect()).collect();
            prop_assert_eq!(order.gather(&lengths), all.iter().map(String::len).collect::<Vec<_>>());
            let (short, long) = order.partition(|list, number| lengths[list][number] < 4);
            let (is_short, is_long): (Vec<_>, Vec<_>) = all.into_iter().partition(|text| text.len() < 4);
            prop_assert_eq!((short.ids(&lists), long.ids(&lists)), (is_short, is_long));
        }
    }
}
