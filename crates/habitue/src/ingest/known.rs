//! What a worker remembers of the roster's products from part to part, so that it need not ask for each again.

use habitue_core::line::ProductKey;
use hashbrown::HashTable;

use super::cell::Shared;

/// Products by the hash of their code, with their keys and numbers.
#[derive(Debug, Default)]
pub(crate) struct KnownProducts {
    known: HashTable<(ProductKey, u32)>,
    /// Which list of values, shared by rows of a Parquet file, `in_list` is about.
    list: usize,
    /// Products by their place in that list; [`UNKNOWN`] where not asked for yet.
    in_list: Vec<(ProductKey, u32)>,
}

/// The number of a product that was not looked up yet.
const UNKNOWN: u32 = u32::MAX;

impl KnownProducts {
    /// The product whose code has this hash, a service or not: the code decides, so that the same code has one key.
    #[inline]
    pub(super) fn get(&self, hash: u64) -> Option<(ProductKey, u32)> {
        let either = ProductKey::new(hash, true).0;
        self.known.find(either, |(key, _)| key.0 | 1 == either).copied()
    }

    /// Remembers a product that [`Self::get`] does not know.
    pub(super) fn remember(&mut self, product: (ProductKey, u32)) {
        self.known.insert_unique(product.0.0 | 1, product, |(key, _)| key.0 | 1);
    }

    /// The product at a place of a list of values that many rows share.
    #[inline]
    pub(super) fn shared(&self, at: Shared) -> Option<(ProductKey, u32)> {
        let product = if at.list == self.list { self.in_list.get(at.index) } else { None };
        product.copied().filter(|(_, number)| *number != UNKNOWN)
    }

    /// Gives items the products at their places in such a list, up to the first that is not known; how many there are
    /// before it.
    pub(super) fn give<T>(
        &self,
        items: &mut [T],
        (list, places): (usize, &[i32]),
        give: impl Fn(&mut T, (ProductKey, u32)),
    ) -> usize {
        let known = if list == self.list { self.in_list.as_slice() } else { &[] };
        let is_unknown = |(item, place): (&mut T, &i32)| match known.get(*place as usize) {
            Some(&product) if product.1 != UNKNOWN => {
                give(item, product);
                false
            }
            _ => true,
        };
        let n = items.len();
        items.iter_mut().zip(places).position(is_unknown).unwrap_or(n)
    }

    /// Remembers the product at a place of such a list; of one list at a time.
    pub(super) fn share(&mut self, at: Shared, product: (ProductKey, u32)) {
        if at.list != self.list {
            self.in_list.clear();
            self.list = at.list;
        }
        if self.in_list.len() <= at.index {
            self.in_list.resize(at.index + 1, (ProductKey::NONE, UNKNOWN));
        }
        self.in_list[at.index] = product;
    }

    /// Forgets the list: the next part numbers its lists anew.
    pub(super) fn forget_list(&mut self) {
        self.in_list.clear();
        self.list = 0;
    }
}
