//! Lines as Arrow record batches, one row a line: the layouts of temporary files and of saved summaries.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, UInt32Type, UInt64Type};
use arrow_array::{
    Array, ArrayRef, DictionaryArray, Int64Array, RecordBatch, StringArray, UInt32Array, UInt64Array,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use habitue_core::Money;
use habitue_core::line::{Line, ProductKey};
use habitue_core::time::Timestamp;
use hashbrown::HashMap;

use crate::ingest::part::{Item, OLD, PARTITIONS, Part};
use crate::ingest::roster::{CustomerKey, Roster};
use crate::ingest::source::Position;

fn schema(fields: &[(&str, DataType)]) -> SchemaRef {
    let field = |(name, data_type): &(&str, DataType)| Field::new(*name, data_type.clone(), false);
    Arc::new(Schema::new(fields.iter().map(field).collect::<Vec<_>>()))
}

/// The columns of a temporary file: customers and products by their keys in this run of the program.
pub(super) fn part_schema() -> SchemaRef {
    schema(&[
        ("customer", DataType::UInt64),
        ("time", DataType::Int64),
        ("order", DataType::UInt64),
        ("product", DataType::UInt32),
        ("units", DataType::Int64),
        ("amount", DataType::Int64),
        ("discount", DataType::Int64),
        ("print", DataType::UInt32),
        ("position", DataType::UInt64),
    ])
}

/// A part as a batch.
pub(super) fn from_part(part: &Part) -> RecordBatch {
    let n = part.n_items();
    let (mut customers, mut times, mut orders) =
        (Vec::with_capacity(n), Vec::with_capacity(n), Vec::with_capacity(n));
    let mut positions = Vec::with_capacity(n);
    for (customer, run, items) in part.runs() {
        for offset in 0..items.len() {
            customers.push(customer.bits());
            times.push(run.time.0);
            orders.push(run.order);
            positions.push(part.position(run, offset).0);
        }
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(UInt64Array::from(customers)),
        Arc::new(Int64Array::from(times)),
        Arc::new(UInt64Array::from(orders)),
        Arc::new(UInt32Array::from_iter_values(part.items().map(|i| i.product))),
        Arc::new(Int64Array::from_iter_values(part.items().map(|i| i.units))),
        Arc::new(Int64Array::from_iter_values(part.items().map(|i| i.amount.0))),
        Arc::new(Int64Array::from_iter_values((0..n).map(|i| part.discounts.get(i).map_or(0, |d| d.0)))),
        Arc::new(UInt32Array::from_iter_values((0..n).map(|i| part.prints.get(i).copied().unwrap_or(0)))),
        Arc::new(UInt64Array::from(positions)),
    ];
    RecordBatch::try_new(part_schema(), columns).expect("the columns are those of the schema")
}

/// A batch of a temporary file as a part.
pub(super) fn to_part(batch: &RecordBatch) -> Part {
    let int = |column: usize| batch.column(column).as_primitive::<Int64Type>().values();
    let uint = |column: usize| batch.column(column).as_primitive::<UInt64Type>().values();
    let short = |column: usize| batch.column(column).as_primitive::<UInt32Type>().values();
    let (times, units, amounts, discounts) = (int(1), int(4), int(5), int(6));
    let (products, prints) = (short(3), short(7));
    let (customers, orders, positions) = (uint(0), uint(2), uint(8));
    let mut part = Part::default();
    for i in 0..batch.num_rows() {
        let item = Item { product: products[i], units: units[i], amount: Money(amounts[i]) };
        let customer = CustomerKey::from_bits(customers[i]);
        part.push(customer, orders[i], Timestamp(times[i]), Position(positions[i]), item);
    }
    if discounts.iter().any(|&d| d != 0) {
        part.discounts = discounts.iter().map(|&d| Money(d)).collect();
    }
    part.prints = prints.to_vec();
    part
}

/// The columns of saved summaries.
pub(super) fn saved_schema() -> SchemaRef {
    schema(&[
        ("customer_id", DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8))),
        ("time", DataType::Int64),
        ("order", DataType::UInt64),
        ("product", DataType::UInt64),
        ("units", DataType::Int64),
        ("amount", DataType::Int64),
        ("discount", DataType::Int64),
    ])
}

/// Lines of customers in the columns of saved summaries.
pub(super) struct Lines {
    ids: Vec<String>,
    customers: Vec<u32>,
    times: Vec<i64>,
    orders: Vec<u64>,
    products: Vec<u64>,
    units: Vec<i64>,
    amounts: Vec<i64>,
    discounts: Vec<i64>,
}

impl Lines {
    /// With room for so many lines.
    pub(super) fn with_capacity(n: usize) -> Self {
        Self {
            ids: Vec::new(),
            customers: Vec::with_capacity(n),
            times: Vec::with_capacity(n),
            orders: Vec::with_capacity(n),
            products: Vec::with_capacity(n),
            units: Vec::with_capacity(n),
            amounts: Vec::with_capacity(n),
            discounts: Vec::with_capacity(n),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.times.len()
    }

    pub(super) fn add(&mut self, id: &str, lines: &[Line]) {
        let customer = self.ids.len() as u32;
        self.ids.push(id.to_owned());
        self.customers.extend(lines.iter().map(|_| customer));
        self.times.extend(lines.iter().map(|l| l.time.0));
        self.orders.extend(lines.iter().map(|l| l.order));
        self.products.extend(lines.iter().map(|l| l.product.0));
        self.units.extend(lines.iter().map(|l| l.units));
        self.amounts.extend(lines.iter().map(|l| l.amount.0));
        self.discounts.extend(lines.iter().map(|l| l.discount.0));
    }

    pub(super) fn into_batch(self) -> RecordBatch {
        let ids = StringArray::from_iter_values(self.ids);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(DictionaryArray::new(UInt32Array::from(self.customers), Arc::new(ids))),
            Arc::new(Int64Array::from(self.times)),
            Arc::new(UInt64Array::from(self.orders)),
            Arc::new(UInt64Array::from(self.products)),
            Arc::new(Int64Array::from(self.units)),
            Arc::new(Int64Array::from(self.amounts)),
            Arc::new(Int64Array::from(self.discounts)),
        ];
        RecordBatch::try_new(saved_schema(), columns).expect("the columns are those of the schema")
    }
}

/// Deals the lines of saved summaries out, a part a partition; they are clean already.
pub(super) fn deal_out(batch: &RecordBatch, roster: &Roster) -> Vec<Part> {
    let mut parts: Vec<Part> = (0..PARTITIONS).map(|_| Part::of_clean_lines()).collect();
    let ids = batch.column(0).as_dictionary::<UInt32Type>();
    let names = ids.values().as_string::<i32>();
    let mut places: Vec<Option<(usize, CustomerKey)>> = vec![None; names.len()];
    let mut numbers: HashMap<u64, u32> = HashMap::new();
    let int = |column: usize| batch.column(column).as_primitive::<Int64Type>().values();
    let uint = |column: usize| batch.column(column).as_primitive::<UInt64Type>().values();
    let (times, units, amounts, discounts) = (int(1), int(4), int(5), int(6));
    let (orders, products) = (uint(2), uint(3));
    let has_discounts = discounts.iter().any(|&d| d != 0);
    for (i, &key) in ids.keys().values().iter().enumerate() {
        let place = &mut places[key as usize];
        let (partition, customer) = *place.get_or_insert_with(|| roster.customer(names.value(key as usize)));
        let number = numbers.entry(products[i]).or_insert_with(|| roster.product(ProductKey(products[i])).0);
        let item = Item { product: *number, units: units[i], amount: Money(amounts[i]) };
        let part = &mut parts[partition];
        part.push(customer, orders[i], Timestamp(times[i]), OLD, item);
        // A part has a discount for every item or for none.
        if has_discounts {
            part.discounts.push(Money(discounts[i]));
        }
    }
    parts
}
