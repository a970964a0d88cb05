//! Products by number.

use std::collections::HashMap;

use crate::line::ProductKey;

/// The shop's products, numbered in the order of their keys, each with the number of its category.
///
/// Services (postage, fees) are no products.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    keys: Vec<ProductKey>,
    slots: HashMap<ProductKey, u32>,
    categories: Vec<Option<u32>>,
    n_categories: usize,
}

impl Shelf {
    /// Numbers the products; a category is known by its number, `0..n_categories`. Of a product given twice the first counts.
    pub fn new(products: impl IntoIterator<Item = (ProductKey, Option<u32>)>, n_categories: usize) -> Self {
        let mut products: Vec<_> =
            products.into_iter().filter(|(key, _)| key.is_some() && !key.is_service()).collect();
        products.sort_by_key(|(key, _)| *key);
        products.dedup_by_key(|(key, _)| *key);
        Self {
            slots: products.iter().zip(0..).map(|((key, _), slot)| (*key, slot)).collect(),
            keys: products.iter().map(|(key, _)| *key).collect(),
            categories: products.iter().map(|(_, c)| c.filter(|c| (*c as usize) < n_categories)).collect(),
            n_categories,
        }
    }

    /// The number of a product, if it is known.
    pub fn slot(&self, key: ProductKey) -> Option<u32> {
        self.slots.get(&key).copied()
    }

    /// The product of a number.
    pub fn key(&self, slot: u32) -> ProductKey {
        self.keys[slot as usize]
    }

    /// The number of a product's category.
    pub fn category(&self, slot: u32) -> Option<u32> {
        self.categories[slot as usize]
    }

    /// Number of products.
    pub fn n_products(&self) -> usize {
        self.keys.len()
    }

    /// Number of categories.
    pub fn n_categories(&self) -> usize {
        self.n_categories
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_numbered_by_key_and_services_are_none() {
        let [a, b] = [8, 4].map(|hash| ProductKey::new(hash, false));
        let post = ProductKey::new(99, true);
        let shelf =
            Shelf::new([(a, Some(0)), (post, None), (b, Some(7)), (a, None), (ProductKey::NONE, None)], 1);
        assert_eq!((shelf.n_products(), shelf.n_categories()), (2, 1));
        assert_eq!((shelf.slot(b), shelf.slot(a), shelf.slot(post)), (Some(0), Some(1), None));
        // A category beyond those announced is none.
        assert_eq!((shelf.key(1), shelf.category(1), shelf.category(0)), (a, Some(0), None));
    }
}
