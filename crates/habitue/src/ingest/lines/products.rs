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
        // The code is the same wherever it stands: whoever names it first tells the catalogue. What else rows say of a
        // product may not depend on who that was.
        if is_new || is_described {
            let new = || Product { code: code.to_owned(), ..Product::default() };
            let product = self.catalogue.entry(key.0).or_insert_with(new);
            if is_described {
                for (names, role) in
                    [(&mut product.name, Role::ProductName), (&mut product.category, Role::Category)]
                {
                    if let (true, Cell::Text(cell)) = (self.present[role as usize], row.cell(role as usize)) {
                        names.add(cell);
                    }
                }
            }
        }
        (key, number)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use arrow_array::types::Int32Type;
    use arrow_array::{ArrayRef, DictionaryArray, Int64Array, StringArray, TimestampMicrosecondArray};

    use super::*;
    use crate::ingest::lines::{Finished, Reading};
    use crate::ingest::roles::{Found, Roles};
    use crate::ingest::roster::Roster;
    use crate::ingest::source::{Position, Sink};

    /// Reads a part of one row a text, sold to customer 1 for 1: what each role's column says.
    fn read(roster: &Roster, columns: &[(Role, ArrayRef)]) -> Finished {
        let n = columns[0].1.len();
        let ones: ArrayRef = Arc::new(Int64Array::from(vec![1; n]));
        let times: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![0; n]));
        let common = [(Role::Customer, ones.clone()), (Role::Time, times), (Role::Amount, ones)];
        let all: BTreeMap<Role, ArrayRef> = columns.iter().cloned().chain(common).collect();
        let found = |column: usize| Found { column, confidence: 1.0, why: String::new() };
        let found = all.keys().enumerate().map(|(at, role)| (*role, found(at))).collect();
        let roles = Roles { found, ..Roles::default() };
        let reading = Reading::of_roles(&roles);
        let columns: Vec<Column<'_>> = Role::ALL
            .iter()
            .map(|role| all.get(role).map_or(Column::Nothing, |array| Column::new(array, 1)))
            .collect();
        let mut sink = LineSink::new(&reading, roster);
        sink.rows(Position::new(0, 1), &columns, n).unwrap();
        sink.end();
        sink.finish()
    }

    /// The codes of what a part sold, by the numbers of its items.
    fn sold(part: &Finished, keys: &[ProductKey]) -> Vec<ProductKey> {
        part.parts.iter().flat_map(|part| part.items()).map(|item| keys[item.product as usize]).collect()
    }

    #[test]
    fn a_list_of_one_part_is_none_of_the_next() {
        let roster = Roster::default();
        let parts = [["22421", "22422", "22421"], ["22423", "22421", "22424"]].map(|codes| {
            let column: DictionaryArray<Int32Type> = codes.into_iter().collect();
            read(&roster, &[(Role::Product, Arc::new(column))])
        });
        let keys = roster.close().products;
        let key = |code: &str| ProductKey::new(xxh3_64(code.as_bytes()), false);
        assert_eq!(sold(&parts[0], &keys), ["22421", "22422", "22421"].map(key));
        assert_eq!(sold(&parts[1], &keys), ["22423", "22421", "22424"].map(key));
        let told = parts.map(|part| part.catalogue.into_values().map(|p| p.code).collect::<Vec<_>>());
        let told = told.map(|mut codes| {
            codes.sort_unstable();
            codes
        });
        assert_eq!(told, [vec!["22421", "22422"], vec!["22423", "22424"]]);
    }

    #[test]
    fn rows_may_name_the_last_of_a_list_first() {
        let roster = Roster::default();
        let codes = StringArray::from(vec!["22421", "22422", "22423", "22424"]);
        let column = DictionaryArray::<Int32Type>::new(vec![3, 0, 2, 3, 1, 0].into(), Arc::new(codes));
        let part = read(&roster, &[(Role::Product, Arc::new(column))]);
        let key = |code: &str| ProductKey::new(xxh3_64(code.as_bytes()), false);
        let expected = ["22424", "22421", "22423", "22424", "22422", "22421"].map(key);
        assert_eq!(sold(&part, &roster.close().products), expected);
    }

    #[test]
    fn what_is_known_of_products_does_not_depend_on_which_part_is_read_first() {
        let texts = |texts: [&str; 2]| -> ArrayRef { Arc::new(StringArray::from(texts.to_vec())) };
        let by_name = [(Role::ProductName, texts(["MUG", "TEA"]))];
        let described = [
            (Role::Product, texts(["MUG", "22423"])),
            (Role::ProductName, texts(["Mug, blue", "Cake stand"])),
        ];
        let categorised =
            [(Role::ProductName, texts(["TEA", "MUG"])), (Role::Category, texts(["Food", "Home"]))];
        let parts: [&[(Role, ArrayRef)]; 3] = [&by_name, &described, &categorised];
        let catalogue = |order: [usize; 3]| {
            let roster = Roster::default();
            let mut finished: Vec<_> = order.iter().map(|&at| (at, read(&roster, parts[at]))).collect();
            // Parts are merged in their order, whichever was read first.
            finished.sort_by_key(|(at, _)| *at);
            let mut catalogue: BTreeMap<u64, Product> = BTreeMap::new();
            for (key, product) in finished.into_iter().flat_map(|(_, part)| part.catalogue) {
                catalogue.entry(key).and_modify(|known| known.merge(&product)).or_insert(product);
            }
            catalogue
        };
        let first = catalogue([0, 1, 2]);
        assert_eq!(first.len(), 3);
        for order in [[1, 0, 2], [2, 0, 1], [2, 1, 0], [1, 2, 0]] {
            assert_eq!(catalogue(order), first, "{order:?}");
        }
    }
}
