//! The customer table alone.

use std::io::Write;
use std::path::Path;

use habitue_core::features::RFM;
use habitue_core::table::{Column, Table, Unit, Values};

use super::customers;
use super::orders;
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
    pub table: Table,
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
            table: given.table,
            input: given.input,
            sources: given.sources,
            roles,
            without_purchase: WithoutPurchase::default(),
            warnings: given.warnings,
        });
    }
    let wanted = orders::Wanted { buying: false, apart: false };
    let customers = orders::customers(&plan, &inputs.job(settings), wanted, rejects, observer)?;
    let wanted =
        habitue_core::features::resolve(settings.features.as_deref().unwrap_or("all"), customers.holds)?;
    let mut names: Vec<&str> = RFM.to_vec();
    names.extend(wanted.into_iter().filter(|n| !RFM.contains(n)));
    Ok(FeaturesRun {
        table: Table { columns: chosen(customers.table.columns, &names), ..customers.table },
        input: customers.input,
        sources: customers.sources,
        roles,
        without_purchase: customers.without_purchase,
        warnings: customers.warnings,
    })
}

/// The columns with these names, in this order.
fn chosen(columns: Vec<Column>, names: &[&str]) -> Vec<Column> {
    let place = |column: &Column| names.iter().position(|name| *name == column.feature.name);
    let mut chosen: Vec<(usize, Column)> =
        columns.into_iter().filter_map(|column| Some((place(&column)?, column))).collect();
    chosen.sort_by_key(|(place, _)| *place);
    chosen.into_iter().map(|(_, column)| column).collect()
}

impl FeaturesRun {
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
        let mut columns = vec![("customer_id".to_owned(), ids(&self.table))];
        columns.extend(self.table.columns.iter().map(feature_cells));
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
