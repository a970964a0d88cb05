//! Tables that are nothing but numbers: a matrix as it stands in the file, row by row.

use habitue_core::Matrix;

use super::cell::{Cell, OwnedCell};
use super::find::find;
use super::plan::ReadSettings;
use super::source::{Position, Row, Sink, Source, SourceHints, scan};
use super::text::TextHints;
use crate::error::Error;

/// Rows that are looked at to tell which sign parts decimals.
const SAMPLE_ROWS: usize = 200;

/// A table of numbers.
pub(crate) struct Numbers {
    pub(crate) columns: Vec<String>,
    pub(crate) matrix: Matrix,
}

/// Reads all columns of a table, or those named, as numbers; several files are one table.
///
/// # Errors
/// When a source cannot be read, lacks a column, or has a cell that is no number: every row must have its label.
pub(crate) fn read(
    inputs: &[String],
    wanted: Option<&[String]>,
    settings: &ReadSettings,
) -> Result<Numbers, Error> {
    let hints = SourceHints {
        text: TextHints { delimiter: settings.delimiter, header: settings.header },
        sheet: settings.sheet.clone(),
    };
    let sources: Vec<Source> =
        find(inputs)?.into_iter().map(|file| Source::look(file, &hints)).collect::<Result<_, _>>()?;
    let columns = match wanted {
        Some(names) => names.to_vec(),
        None => sources[0].columns().to_vec(),
    };
    let selections: Vec<Vec<Option<usize>>> =
        sources.iter().map(|source| select(source, &columns)).collect::<Result<_, _>>()?;
    let commas: Vec<bool> =
        sources.iter().zip(&selections).map(|(s, c)| has_comma(s, c)).collect::<Result<_, _>>()?;
    let new_sink = |source: usize| NumberSink {
        path: &sources[source].file.name,
        columns: &columns,
        comma: commas[source],
        values: Vec::new(),
        broken: None,
    };
    let mut values = Vec::new();
    scan(&sources, &selections, false, new_sink, |sink| {
        if let Some(error) = sink.broken {
            return Err(error);
        }
        if values.is_empty() {
            values = sink.values
        } else {
            values.extend(sink.values)
        }
        Ok(())
    })?;
    if values.is_empty() {
        return Err(Error::NoRows { path: sources[0].file.name.clone() });
    }
    Ok(Numbers { matrix: Matrix::new(columns.len(), values)?, columns })
}

fn select(source: &Source, columns: &[String]) -> Result<Vec<Option<usize>>, Error> {
    let find = |name: &String| match source.columns().iter().position(|c| c == name) {
        Some(column) => Ok(Some(column)),
        None => Err(Error::UnknownColumn {
            path: source.file.name.clone(),
            role: "clustering",
            column: name.clone(),
            columns: source.columns().to_vec(),
            suggestion: habitue_core::math::text::closest(name, source.columns().iter().map(String::as_str))
                .map(str::to_owned),
        }),
    };
    columns.iter().map(find).collect()
}

/// Whether decimals are parted by a comma: some cell is a number only so.
fn has_comma(source: &Source, columns: &[Option<usize>]) -> Result<bool, Error> {
    let is_number = |cell: &OwnedCell, comma| cell.borrow().float(comma).is_some();
    let sample = source.sample(SAMPLE_ROWS)?;
    let cells = || sample.iter().flat_map(|row| columns.iter().flatten().filter_map(|&c| row.get(c)));
    Ok(cells().any(|c| !is_number(c, false) && is_number(c, true)))
}

/// Takes the numbers of one part of a source.
struct NumberSink<'a> {
    path: &'a str,
    columns: &'a [String],
    comma: bool,
    values: Vec<f64>,
    /// The first row that could not be parted into its columns.
    broken: Option<Error>,
}

impl Sink for NumberSink<'_> {
    fn row(&mut self, position: Position, row: &impl Row) -> Result<(), Error> {
        for (index, column) in self.columns.iter().enumerate() {
            let cell = row.cell(index);
            let Some(value) = cell.float(self.comma).filter(|v| v.is_finite()) else {
                return Err(no_number(self.path, position, column, cell));
            };
            self.values.push(value);
        }
        Ok(())
    }

    fn broken(&mut self, position: Position, text: &str, why: String) {
        let text: String = text.chars().take(60).collect();
        self.broken.get_or_insert_with(|| Error::Damaged {
            path: self.path.to_owned(),
            line: position.row(),
            what: format!("{why}: {text}"),
            remedy: "mend or remove the row: every row gets a label, so none can be left out in silence",
        });
    }

    fn replaced(&mut self, _: Position) {}
}

fn no_number(path: &str, position: Position, column: &str, cell: Cell<'_>) -> Error {
    let mut text = String::new();
    cell.write_text(&mut text);
    Error::NotANumber { path: path.to_owned(), row: position.row(), column: column.to_owned(), text }
}
