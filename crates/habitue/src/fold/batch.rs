//! Parts as Arrow record batches: one row a line. The one layout of temporary files and of saved summaries.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, UInt32Type, UInt64Type};
use arrow_array::{
    ArrayRef, DictionaryArray, Int64Array, RecordBatch, StringArray, UInt32Array, UInt64Array,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use habitue_core::Money;
use habitue_core::line::ProductKey;
use habitue_core::time::Timestamp;

use crate::ingest::part::{Item, Part, Run};
use crate::ingest::source::Position;

/// The columns of a line.
pub(super) fn schema() -> SchemaRef {
    let id = DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8));
    let field = |name: &str, data_type: DataType| Field::new(name, data_type, false);
    Arc::new(Schema::new(vec![
        field("customer_id", id),
        field("time", DataType::Int64),
        field("order", DataType::UInt64),
        field("product", DataType::UInt64),
        field("units", DataType::Int64),
        field("amount", DataType::Int64),
        field("discount", DataType::Int64),
        field("print", DataType::UInt32),
        field("position", DataType::UInt64),
    ]))
}

/// Columns that a saved summary has; the others are of use within a run only.
pub(super) const SAVED_COLUMNS: usize = 7;

/// A part as a batch.
pub(super) fn from_part(part: &Part) -> RecordBatch {
    let n = part.items.len();
    let (mut customers, mut times, mut orders) =
        (Vec::with_capacity(n), Vec::with_capacity(n), Vec::with_capacity(n));
    let mut positions = Vec::with_capacity(n);
    let mut start = 0;
    for run in &part.runs {
        for i in start..run.end {
            customers.push(run.customer);
            times.push(run.time.0);
            orders.push(run.order);
            positions.push(if part.clean { 0 } else { run.first.0 + u64::from(i - start) });
        }
        start = run.end;
    }
    let ids = StringArray::from_iter_values((0..part.n_customers() as u32).map(|c| part.id(c)));
    let ids = DictionaryArray::new(UInt32Array::from(customers), Arc::new(ids));
    let discount = |i: usize| part.discounts.get(i).map_or(0, |d| d.0);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(ids),
        Arc::new(Int64Array::from(times)),
        Arc::new(UInt64Array::from(orders)),
        Arc::new(UInt64Array::from_iter_values(part.items.iter().map(|i| i.product.0))),
        Arc::new(Int64Array::from_iter_values(part.items.iter().map(|i| i.units))),
        Arc::new(Int64Array::from_iter_values(part.items.iter().map(|i| i.amount.0))),
        Arc::new(Int64Array::from_iter_values((0..n).map(discount))),
        Arc::new(UInt32Array::from_iter_values((0..n).map(|i| part.prints.get(i).copied().unwrap_or(0)))),
        Arc::new(UInt64Array::from(positions)),
    ];
    RecordBatch::try_new(schema(), columns).expect("the columns are those of the schema")
}

/// A batch as a part; without the columns that are not saved, its lines are clean already.
pub(super) fn to_part(batch: &RecordBatch) -> Part {
    let mut part =
        if batch.num_columns() == SAVED_COLUMNS { Part::of_clean_lines() } else { Part::default() };
    let ids = batch.column(0).as_dictionary::<UInt32Type>();
    let names = ids.values().as_string::<i32>();
    for name in names {
        part.add_customer(name.unwrap_or_default());
    }
    let keys = ids.keys().values();
    let int = |column: usize| batch.column(column).as_primitive::<Int64Type>().values();
    let uint = |column: usize| batch.column(column).as_primitive::<UInt64Type>().values();
    let (times, orders, products) = (int(1), uint(2), uint(3));
    let (units, amounts, discounts) = (int(4), int(5), int(6));
    let has_discounts = discounts.iter().any(|&d| d != 0);
    let (prints, positions) = if part.clean {
        (None, None)
    } else {
        (Some(batch.column(7).as_primitive::<UInt32Type>().values()), Some(uint(8)))
    };
    for i in 0..batch.num_rows() {
        part.items.push(Item {
            product: ProductKey(products[i]),
            units: units[i],
            amount: Money(amounts[i]),
        });
        if has_discounts {
            part.discounts.push(Money(discounts[i]));
        }
        if let Some(prints) = prints {
            part.prints.push(prints[i]);
        }
        let end = i as u32 + 1;
        let run = Run {
            customer: keys[i],
            end,
            order: orders[i],
            time: Timestamp(times[i]),
            first: Position(positions.map_or(0, |p| p[i])),
        };
        let start = part.runs.len().checked_sub(2).map_or(0, |r| part.runs[r].end);
        match part.runs.last_mut() {
            Some(last)
                if (last.customer, last.order, last.time) == (run.customer, run.order, run.time)
                    && (part.clean || last.first.0 + u64::from(i as u32 - start) == run.first.0) =>
            {
                last.end = end;
            }
            _ => part.runs.push(run),
        }
    }
    part
}
