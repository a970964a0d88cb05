//! The product of a row, looked up once for as many rows as possible.

use arrow_array::Array;
use habitue_core::line::ProductKey;
use xxhash_rust::xxh3::xxh3_64;

use super::LineSink;
use crate::ingest::cell::Cell;
use crate::ingest::column::Column;
use crate::ingest::role::Role;
use crate::ingest::roster::NO_PRODUCT;
use crate::ingest::source::Row;
use crate::ingest::tally::Product;
use crate::ingest::words::is_service;

impl LineSink<'_> {
    /// The list of products that the rows of a batch share, and where in it each row's product stands.
    pub(super) fn shared_products<'c>(&self, columns: &'c [Column<'_>]) -> Option<(usize, &'c [i32])> {
        match &columns[self.product_role() as usize] {
            Column::Dictionary { keys, list, .. } if keys.null_count() == 0 && !self.is_described() => {
                Some((*list, keys.values()))
            }
            _ => None,
        }
    }

    fn product_role(&self) -> Role {
        if self.has(Role::Product) { Role::Product } else { Role::ProductName }
    }

    /// Whether rows say more of a product than what it is known by.
    fn is_described(&self) -> bool {
        self.has(Role::Category) || self.has(Role::Product) && self.has(Role::ProductName)
    }

    /// Reads the product: its key and number, with its name and category remembered.
    #[inline]
    pub(super) fn read_product(&mut self, row: &impl Row) -> (ProductKey, u32) {
        let (by, is_described) = (self.product_role(), self.is_described());
        let shared = if is_described { None } else { row.shared(by as usize) };
        if let Some(product) = shared.and_then(|shared| self.products.shared(shared)) {
            return product;
        }
        let product = self.look_up_product(row, by, is_described);
        if let Some(shared) = shared {
            self.products.share(shared, product);
        }
        product
    }

    fn look_up_product(&mut self, row: &impl Row, by: Role, is_described: bool) -> (ProductKey, u32) {
        let nothing = (ProductKey::NONE, NO_PRODUCT);
        if !self.has(by) {
            return nothing;
        }
        let mut digits = itoa::Buffer::new();
        let code = match row.cell(by as usize) {
            Cell::Text(text) => text,
            Cell::Int(value) => digits.format(value),
            Cell::Empty => return nothing,
            cell => {
                cell.write_id(&mut self.scratch);
                self.scratch.as_str()
            }
        };
        let hash = xxh3_64(code.as_bytes());
        let known = self.products.get(hash);
        if let (Some(product), false) = (known, is_described) {
            return product;
        }
        let mut is_new = false;
        let (key, number) = known.unwrap_or_else(|| {
            let key = ProductKey::new(hash, is_service(code));
            let number;
            (number, is_new) = self.roster.product(key);
            self.products.remember((key, number));
            (key, number)
        });
        // A code says the same in every part: whoever names it first tells the catalogue.
        if is_new || is_described {
            let new = || Product { code: code.to_owned(), ..Product::default() };
            let product = self.catalogue.entry(key.0).or_insert_with(new);
            for (names, role) in
                [(&mut product.name, Role::ProductName), (&mut product.category, Role::Category)]
            {
                if let (true, Cell::Text(cell)) = (self.present[role as usize], row.cell(role as usize)) {
                    names.add(cell);
                }
            }
        }
        (key, number)
    }
}
