//! Who is who: every customer and every product has one short key, whichever part of the sources names it first.

use std::sync::{Mutex, MutexGuard, PoisonError};

use habitue_core::line::ProductKey;
use habitue_core::math::random::mix;
use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use super::known::KnownProducts;
use super::number::as_written;
use super::part::PARTITIONS;
use crate::ids::Ids;

/// A customer's id in eight bytes: equal for equal ids and for no others.
///
/// Whole numbers as people write them and texts of up to seven bytes are their own key, so that most rows are dealt
/// out without asking anybody who the customer is; longer texts are numbered in the [`Roster`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CustomerKey(u64);

/// The two highest bits say what the others hold.
const KIND: u32 = 62;
const NUMBER: u64 = 0;
const SHORT: u64 = 1;
const LISTED: u64 = 2;

impl CustomerKey {
    /// The key of an id that needs no list.
    fn of_its_own(id: &str) -> Option<Self> {
        if let Some(number) = as_written(id.as_bytes()) {
            return Some(Self(number as u64 | NUMBER << KIND));
        }
        let bytes = id.as_bytes();
        if bytes.len() > 7 {
            return None;
        }
        let text = bytes.iter().fold(0, |text, &byte| text << 8 | u64::from(byte));
        Some(Self(text | (bytes.len() as u64) << 56 | SHORT << KIND))
    }

    /// The partition of a customer with a key of its own.
    fn partition(self) -> usize {
        partition_of(mix(self.0))
    }

    /// The bits, for a file of this run of the program.
    pub(crate) fn bits(self) -> u64 {
        self.0
    }

    pub(crate) fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// A hash for tables of one partition, whose customers have the highest bits of [`mix`] in common.
    pub(crate) fn hash(self) -> u64 {
        mix(self.0).rotate_left(PARTITIONS.ilog2())
    }
}

/// The least number with too many digits for a key.
const LEAST_WITHOUT_KEY: u64 = 10_u64.pow(18);

/// The key of the order with this id, never 0: no two whole numbers as people write them share one, and of other ids two
/// do only if their hashes are equal.
pub(crate) fn order_key(id: &str) -> u64 {
    as_written(id.as_bytes()).and_then(numbered_order).unwrap_or_else(|| xxh3_64(id.as_bytes()).max(1))
}

/// The same of an id that is this number as people write it, if it needs no hash.
#[inline]
pub(crate) fn numbered_order(number: i64) -> Option<u64> {
    let number = u64::try_from(number).ok().filter(|n| *n < LEAST_WITHOUT_KEY)?;
    Some(mix(number + 1))
}

fn partition_of(hash: u64) -> usize {
    (hash >> (u64::BITS - PARTITIONS.ilog2())) as usize
}

/// The ids that are too long for a key and the products of a run of the program, numbered for all threads at once.
#[derive(Debug)]
pub(crate) struct Roster {
    listed: Mutex<Listed>,
    products: Mutex<Products>,
    /// What workers remember of the products, while they read nothing.
    known: Mutex<Vec<KnownProducts>>,
}

#[derive(Debug, Default)]
struct Listed {
    ids: Ids,
    numbers: HashTable<(u64, u32)>,
}

#[derive(Debug)]
struct Products {
    numbers: HashTable<u32>,
    keys: Vec<ProductKey>,
}

impl Default for Roster {
    fn default() -> Self {
        let products = Products { numbers: HashTable::new(), keys: vec![ProductKey::NONE] };
        Self { listed: Mutex::default(), products: Mutex::new(products), known: Mutex::default() }
    }
}

impl Roster {
    /// The partition and the key of the customer with this id.
    pub(crate) fn customer(&self, id: &str) -> (usize, CustomerKey) {
        match CustomerKey::of_its_own(id) {
            Some(key) => (key.partition(), key),
            None => {
                let hash = xxh3_64(id.as_bytes());
                (partition_of(hash), self.list(hash, id))
            }
        }
    }

    /// The partition and the key of the customer whose id is this number as people write it, if it needs no list.
    #[inline]
    pub(crate) fn numbered(&self, number: i64) -> Option<(usize, CustomerKey)> {
        let number = u64::try_from(number).ok().filter(|n| *n < LEAST_WITHOUT_KEY)?;
        let key = CustomerKey(number | NUMBER << KIND);
        Some((key.partition(), key))
    }

    fn list(&self, hash: u64, id: &str) -> CustomerKey {
        let mut listed = lock(&self.listed);
        let Listed { ids, numbers } = &mut *listed;
        let known = numbers.find(hash, |&(h, number)| h == hash && ids.get(number) == id).copied();
        let (_, number) = known.unwrap_or_else(|| {
            let new = (hash, ids.push(id));
            numbers.insert_unique(hash, new, |&(hash, _)| hash);
            new
        });
        CustomerKey(u64::from(number) | LISTED << KIND)
    }

    /// What a worker remembers of the products, or nothing yet.
    pub(super) fn lend(&self) -> KnownProducts {
        lock(&self.known).pop().unwrap_or_default()
    }

    /// Takes back what was lent, for the next part.
    pub(super) fn take_back(&self, mut known: KnownProducts) {
        known.forget_list();
        lock(&self.known).push(known);
    }

    /// Gives back the memory of what workers remember: all rows are read.
    pub(crate) fn forget(&self) {
        lock(&self.known).clear();
    }

    /// The number of a product, and whether this is the first that is heard of it.
    pub(crate) fn product(&self, key: ProductKey) -> (u32, bool) {
        if key == ProductKey::NONE {
            return (NO_PRODUCT, false);
        }
        let mut products = lock(&self.products);
        let Products { numbers, keys } = &mut *products;
        if let Some(&number) = numbers.find(key.0, |&number| keys[number as usize] == key) {
            return (number, false);
        }
        let number = keys.len() as u32;
        keys.push(key);
        numbers.insert_unique(key.0, number, |&number| keys[number as usize].0);
        (number, true)
    }

    /// What the numbers stand for, once all are known.
    pub(crate) fn close(self) -> Names {
        let listed = self.listed.into_inner().unwrap_or_else(PoisonError::into_inner);
        let products = self.products.into_inner().unwrap_or_else(PoisonError::into_inner);
        Names { listed: listed.ids, products: products.keys }
    }
}

/// What the numbers of a [`Roster`] stand for.
#[derive(Debug)]
pub(crate) struct Names {
    listed: Ids,
    /// The key of each product by number.
    pub(crate) products: Vec<ProductKey>,
}

impl Names {
    /// The ids of keys, in their order.
    pub(crate) fn ids(&self, keys: &[CustomerKey]) -> Ids {
        let mut ids = Ids::with_capacity(keys.len());
        let mut digits = itoa::Buffer::new();
        for key in keys {
            let rest = key.0 & !(3 << KIND);
            match key.0 >> KIND {
                NUMBER => ids.push(digits.format(rest)),
                SHORT => {
                    let bytes = rest.to_be_bytes();
                    let text = &bytes[8 - usize::from(bytes[0])..];
                    ids.push(std::str::from_utf8(text).expect("the key was made of a text"))
                }
                _ => ids.push(self.listed.get(rest as u32)),
            };
        }
        ids
    }
}

/// The number of no product.
pub(crate) const NO_PRODUCT: u32 = 0;

/// A thread that panicked in here has changed nothing by halves that another would trip over.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_product_keeps_its_number() {
        let roster = Roster::default();
        let key = ProductKey::new(8, false);
        let numbers = [key, ProductKey::NONE, key].map(|key| roster.product(key));
        assert_eq!(numbers, [(1, true), (0, false), (1, false)]);
        assert_eq!(roster.close().products, [ProductKey::NONE, key]);
    }

    #[test]
    fn an_equal_hash_is_not_an_equal_id() {
        let roster = Roster::default();
        let keys = [roster.list(7, "a long id"), roster.list(7, "another id"), roster.list(7, "a long id")];
        assert!(keys[0] == keys[2] && keys[0] != keys[1]);
    }

    proptest! {
        #[test]
        fn an_order_has_one_key_whether_its_number_is_text_or_not(
            numbers in prop::collection::vec(prop_oneof![0..20_i64, any::<i64>()], 0..40),
        ) {
            for number in &numbers {
                let text = number.to_string();
                let is_known = (0..LEAST_WITHOUT_KEY as i64).contains(number);
                prop_assert_eq!(numbered_order(*number), is_known.then(|| order_key(&text)));
                let longer = order_key(&format!("0{text}"));
                prop_assert!(order_key(&text) != 0 && order_key(&text) != longer);
                for other in &numbers {
                    prop_assert_eq!(order_key(&text) == order_key(&other.to_string()), number == other);
                }
            }
        }

        #[test]
        fn an_id_comes_back_from_its_key_and_no_other_has_it(
            ids in prop::collection::vec("0{0,2}[0-9]{0,20}|[a-z0-9\u{e9}]{0,9}", 0..40),
        ) {
            let roster = Roster::default();
            let keys: Vec<CustomerKey> = ids.iter().map(|id| roster.customer(id).1).collect();
            for (i, key) in keys.iter().enumerate() {
                for j in 0..i {
                    prop_assert_eq!(*key == keys[j], ids[i] == ids[j], "{} {}", ids[i], ids[j]);
                }
                if let Some(numbered) = ids[i].parse().ok().and_then(|number| roster.numbered(number)) {
                    let text = ids[i].trim_start_matches('0');
                    prop_assert_eq!(numbered, roster.customer(if text.is_empty() { "0" } else { text }));
                }
            }
            let back = roster.close().ids(&keys);
            prop_assert_eq!((0..keys.len() as u32).map(|i| back.get(i)).collect::<Vec<_>>(), ids.clone());
        }
    }
}
