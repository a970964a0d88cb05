//! The customer table: one row a customer, one column a feature, in original units.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One row a customer, in the order of `ids`; what features make and preparation reads.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// The customers' ids, ascending, without repeats.
    pub ids: Vec<String>,
    /// The features; every column has as many values as there are ids.
    pub columns: Vec<Column>,
}

/// One feature of all customers.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// What the feature is.
    pub feature: Feature,
    /// Its values.
    pub values: Values,
}

/// The values of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Numbers in the feature's unit; NaN where there is none.
    Number(Vec<f64>),
    /// Categories; `None` where there is none.
    Category(Vec<Option<String>>),
}

/// What a feature is called and measured in.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Feature {
    /// The name in files and settings, with its unit where it has one: `recency_days`.
    pub name: String,
    /// The plain-language name: "days since last order".
    pub label: String,
    /// What it is measured in.
    pub unit: Unit,
    /// One sentence that says how it is computed.
    pub description: String,
}

/// What a number counts; decides how it is written for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Currency units.
    Money,
    /// Days.
    Days,
    /// A count of things (orders, lines, products).
    Count,
    /// A share between 0 and 1, written in percent.
    Share,
    /// A plain number whose meaning its label tells.
    Number,
    /// A category.
    Category,
}

impl Table {
    /// Number of customers.
    pub fn n_rows(&self) -> usize {
        self.ids.len()
    }

    /// The row of a customer.
    pub fn row_of(&self, id: &str) -> Option<usize> {
        self.ids.binary_search_by(|known| known.as_str().cmp(id)).ok()
    }

    /// The column of a feature.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.feature.name == name)
    }

    /// The numbers of a feature; `None` if it is missing or a category.
    pub fn numbers(&self, name: &str) -> Option<&[f64]> {
        match &self.column(name)?.values {
            Values::Number(values) => Some(values),
            Values::Category(_) => None,
        }
    }

    /// The customers of two tables with the same features, by id; also where each row was in `self` followed by `other`.
    ///
    /// An empty table without columns may stand for `other`.
    pub fn join(mut self, other: Self) -> (Self, Vec<usize>) {
        self.ids.extend(other.ids);
        for (mine, theirs) in self.columns.iter_mut().zip(other.columns) {
            mine.values = std::mem::take(&mut mine.values).join(theirs.values);
        }
        let mut order: Vec<usize> = (0..self.ids.len()).collect();
        // Both tables are mostly in the order of ids already, which a stable sort finds out.
        order.sort_by(|&a, &b| self.ids[a].cmp(&self.ids[b]));
        if !order.is_sorted() {
            self.ids = order.iter().map(|&r| std::mem::take(&mut self.ids[r])).collect();
            for column in &mut self.columns {
                column.values = column.values.select(&order);
            }
        }
        (self, order)
    }
}

impl Default for Values {
    fn default() -> Self {
        Self::Number(Vec::new())
    }
}

impl Values {
    /// These values, and then those of `other`: missing where they are of another kind.
    pub fn join(mut self, other: Self) -> Self {
        match (&mut self, other) {
            (Self::Number(mine), Self::Number(theirs)) => mine.extend(theirs),
            (Self::Category(mine), Self::Category(theirs)) => mine.extend(theirs),
            (Self::Number(mine), Self::Category(theirs)) => mine.extend(theirs.iter().map(|_| f64::NAN)),
            (Self::Category(mine), Self::Number(theirs)) => mine.extend(theirs.iter().map(|_| None)),
        }
        self
    }

    /// The given rows, in the given order.
    pub fn select(&self, rows: &[usize]) -> Self {
        match self {
            Self::Number(values) => Self::Number(rows.iter().map(|&r| values[r]).collect()),
            Self::Category(values) => Self::Category(rows.iter().map(|&r| values[r].clone()).collect()),
        }
    }
}
