//! The customer table alone.

use std::io::Write;
use std::path::Path;

use habitue_core::features::RFM;
use habitue_core::table::{Column, Feature, Table, Unit, Values};

use super::customers;
use super::orders::{self, Ordered};
use super::{Inputs, Observer};
use crate::error::Error;
use crate::ingest::plan::Plan;
use crate::outcome::{Input, Kind, RoleNote, SourceNote, WithoutPurchase};
use crate::settings::Settings;
use crate::write::table::{Cells, Sheet};
use crate::write::{Rejects, TableFormat};

/// The customer table, and how it came about.
pub struct FeaturesRun {
    /// Every customer, also those without a net purchase, ascending by id.
    customers: Customers,
    /// The account of all rows.
    pub input: Input,
    /// The files, as they were understood.
    pub sources: Vec<SourceNote>,
    /// Which column was taken for what.
    pub roles: Vec<RoleNote>,
    /// Customers without a net purchase; they are in the table too.
    pub without_purchase: WithoutPurchase,
    /// Things the reader should know.
    pub warnings: Vec<String>,
}

/// Where the columns of the customer table are.
enum Customers {
    /// In the table that was given.
    Given(Table),
    /// With the partitions of the orders that they came from.
    Ordered(Ordered),
}

/// Computes the customer table: id, `recency_days`, `orders`, `spend`, and the chosen features (all of them if none is).
///
/// Rejected rows go to `rejects` as CSV.
///
/// # Errors
/// When sources cannot be read or understood, when no row is left, or when a feature is not known.
pub fn features(
    inputs: &Inputs,
    settings: &Settings,
    rejects: &mut Rejects,
    observer: &dyn Observer,
) -> Result<FeaturesRun, Error> {
    let plan = Plan::look(&inputs.sources, &settings.read)?;
    let roles = plan.role_notes();
    if plan.kind == Kind::Customers {
        let given = customers::read(&plan, rejects)?;
        return Ok(FeaturesRun {
            customers: Customers::Given(given.table),
            input: given.input,
            sources: given.sources,
            roles,
            without_purchase: WithoutPurchase::default(),
            warnings: given.warnings,
        });
    }
    let (mut ordered, account) = orders::ordered(&plan, &inputs.job(settings), rejects, observer)?;
    let wanted =
        habitue_core::features::resolve(settings.features.as_deref().unwrap_or("all"), account.holds)?;
    let mut names: Vec<&str> = RFM.to_vec();
    names.extend(wanted.into_iter().filter(|n| !RFM.contains(n)));
    let place = |feature: &Feature| names.iter().position(|name| *name == feature.name);
    ordered.columns.retain(|(feature, _)| place(feature).is_some());
    ordered.columns.sort_by_key(|(feature, _)| place(feature));
    Ok(FeaturesRun {
        customers: Customers::Ordered(ordered),
        input: account.input,
        sources: account.sources,
        roles,
        without_purchase: account.without_purchase,
        warnings: account.warnings,
    })
}

impl FeaturesRun {
    /// How many customers there are.
    pub fn n_customers(&self) -> usize {
        match &self.customers {
            Customers::Given(table) => table.n_rows(),
            Customers::Ordered(ordered) => ordered.order.len(),
        }
    }

    /// Writes the table to a file, by a temporary name.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path, format: TableFormat) -> Result<(), Error> {
        crate::write::replace_file(path, |temporary| self.sheet().write(temporary, format, |_| true))
    }

    /// Writes the table as CSV.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_csv(&self, out: impl Write) -> std::io::Result<()> {
        self.sheet().write_csv_to(out)
    }

    fn sheet(&self) -> Sheet<'_> {
        let (ids, features): (_, Vec<_>) = match &self.customers {
            Customers::Given(table) => (ids(table), table.columns.iter().map(feature_cells).collect()),
            Customers::Ordered(Ordered { ids, order, columns }) => {
                let features = columns.iter().map(|(feature, lists)| {
                    (feature.name.clone(), Cells::Scattered(order, lists, decimals(feature.unit)))
                });
                (Cells::Ids(order, ids), features.collect())
            }
        };
        let columns = std::iter::once(("customer_id".to_owned(), ids)).chain(features).collect();
        Sheet { columns }
    }
}

/// The ids of a table as cells.
pub(crate) fn ids(table: &Table) -> Cells<'_> {
    Cells::Text(table.ids.iter().map(|i| Some(i.as_str())).collect())
}

/// A feature as cells, under its name.
pub(crate) fn feature_cells(column: &Column) -> (String, Cells<'_>) {
    let cells = match &column.values {
        Values::Category(values) => Cells::Text(values.iter().map(Option::as_deref).collect()),
        Values::Number(values) => Cells::Number(values.into(), decimals(column.feature.unit)),
    };
    (column.feature.name.clone(), cells)
}

fn decimals(unit: Unit) -> u8 {
    match unit {
        Unit::Money => 4,
        Unit::Days | Unit::Count | Unit::Share => 6,
        Unit::Number | Unit::Category => 9,
    }
}
