//! Customers and the segment of each: what profiles, rules, names and facts are made from.

use crate::table::{Column, Table, Values};
use crate::{Error, Result};

/// A customer table with the segment of every row, checked once.
#[derive(Debug, Clone, Copy)]
pub struct Segmented<'a> {
    table: &'a Table,
    labels: &'a [usize],
    n_segments: usize,
    currency: Option<&'a str>,
}

impl<'a> Segmented<'a> {
    /// The customers with their segments, `0..n_segments`; a segment may be empty.
    ///
    /// # Errors
    /// There are no customers, there is not one label per customer, or a label is not below `n_segments`.
    pub fn new(table: &'a Table, labels: &'a [usize], n_segments: usize) -> Result<Self> {
        let refuse = |got: String| {
            let allowed = format!("one for each of {} customers, each below {n_segments}", table.n_rows());
            Err(Error::Setting { setting: "labels", allowed, got })
        };
        if table.n_rows() == 0 {
            return Err(Error::NoCustomers);
        }
        if labels.len() != table.n_rows() {
            return refuse(format!("{} labels", labels.len()));
        }
        match labels.iter().find(|&&label| label >= n_segments) {
            Some(label) => refuse(format!("the label {label}")),
            None => Ok(Self { table, labels, n_segments, currency: None }),
        }
    }

    /// The same, with money written in a currency (a sign, a code or a word).
    #[must_use]
    pub fn in_currency(self, currency: Option<&'a str>) -> Self {
        Self { currency, ..self }
    }

    /// The customers.
    pub fn table(&self) -> &'a Table {
        self.table
    }

    /// The segment of each customer.
    pub fn labels(&self) -> &'a [usize] {
        self.labels
    }

    /// Number of segments.
    pub fn n_segments(&self) -> usize {
        self.n_segments
    }

    /// How money is written.
    pub fn currency(&self) -> Option<&'a str> {
        self.currency
    }

    /// Customers in each segment.
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.n_segments];
        for &label in self.labels {
            sizes[label] += 1;
        }
        sizes
    }

    /// The values of a segment, in the order of the rows; `values` has one value per customer.
    pub fn values_of<'v>(
        &self,
        segment: usize,
        values: &'v [f64],
    ) -> impl Iterator<Item = f64> + use<'a, 'v> {
        self.labels.iter().zip(values).filter(move |(label, _)| **label == segment).map(|(_, value)| *value)
    }

    /// The numeric columns, in the order of the table.
    pub fn numeric(&self) -> impl Iterator<Item = (&'a Column, &'a [f64])> + use<'a> {
        self.table.columns.iter().filter_map(|column| match &column.values {
            Values::Number(values) => Some((column, values.as_slice())),
            Values::Category(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three_customers() -> Table {
        Table { ids: ["a", "b", "c"].map(str::to_owned).to_vec(), columns: Vec::new() }
    }

    #[test]
    fn labels_that_do_not_fit_the_table_are_refused() {
        let table = three_customers();
        assert_eq!(Segmented::new(&Table::default(), &[], 1).unwrap_err(), Error::NoCustomers);
        for labels in [&[0, 1][..], &[0, 1, 2]] {
            assert_eq!(Segmented::new(&table, labels, 2).unwrap_err().code(), "setting");
        }
        assert_eq!(Segmented::new(&table, &[0, 1, 1], 3).unwrap().sizes(), [1, 2, 0]);
    }
}
