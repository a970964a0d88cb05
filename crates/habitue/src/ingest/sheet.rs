//! Excel and OpenDocument workbooks.

use calamine::{Data, Reader, open_workbook_auto};

use super::cell::OwnedCell;
use super::find::InputFile;
use super::moment;
use super::text::looks_like_header;
use crate::error::Error;

/// The rows of a workbook's sheets that share the header of its first table.
pub(crate) struct Workbook {
    pub(crate) columns: Vec<String>,
    /// The sheets read, and the sheets passed over.
    pub(crate) read: Vec<String>,
    pub(crate) passed_over: Vec<String>,
    /// Rows with their one-based row number in the sheet.
    pub(crate) rows: Vec<(u64, Vec<OwnedCell>)>,
}

/// Rows above a header that may be titles and notes.
const MOST_TITLE_ROWS: usize = 20;

impl Workbook {
    /// Reads a workbook; `sheet` names the one to read, else all sheets with the header of the first table are.
    pub(crate) fn read(file: &InputFile, sheet: Option<&str>) -> Result<Self, Error> {
        let damaged = |what: String| Error::Format {
            path: file.name.clone(),
            what: format!("this workbook cannot be read ({what})"),
            remedy: "save it again as .xlsx, or export it as CSV",
        };
        let mut workbook = open_workbook_auto(&file.path).map_err(|e| damaged(e.to_string()))?;
        let names = workbook.sheet_names();
        if let Some(wanted) = sheet.filter(|s| !names.iter().any(|n| n == s)) {
            return Err(damaged(format!(
                "there is no sheet {wanted:?}; the sheets are: {}",
                names.join(", ")
            )));
        }
        let mut this =
            Self { columns: Vec::new(), read: Vec::new(), passed_over: Vec::new(), rows: Vec::new() };
        for name in names {
            if sheet.is_some_and(|s| s != name) {
                this.passed_over.push(name);
                continue;
            }
            let range = workbook.worksheet_range(&name).map_err(|e| damaged(e.to_string()))?;
            let first_row = u64::from(range.start().map_or(0, |s| s.0)) + 1;
            let mut rows = range.rows().enumerate();
            let header =
                rows.by_ref().take(MOST_TITLE_ROWS).map(|(_, r)| texts(r)).find(|r| is_table_header(r));
            match header {
                Some(header) if this.columns.is_empty() || this.columns == header => {
                    this.columns = header;
                    this.read.push(name);
                    for (i, row) in rows {
                        let cells: Vec<OwnedCell> = row.iter().map(cell).collect();
                        if cells.iter().any(|c| *c != OwnedCell::Empty) {
                            this.rows.push((first_row + i as u64, cells));
                        }
                    }
                }
                _ => this.passed_over.push(name),
            }
        }
        if this.columns.is_empty() {
            return Err(damaged("no row names columns".to_owned()));
        }
        if this.rows.is_empty() {
            return Err(Error::NoRows { path: file.name.clone() });
        }
        Ok(this)
    }

    pub(crate) fn describe(&self) -> String {
        let mut text = format!("workbook, sheet {}", self.read.join(", "));
        if !self.passed_over.is_empty() {
            text.push_str(&format!(" (not read: {})", self.passed_over.join(", ")));
        }
        text
    }
}

fn is_table_header(row: &[String]) -> bool {
    row.iter().filter(|c| !c.is_empty()).count() >= 2 && looks_like_header(row)
}

fn texts(row: &[Data]) -> Vec<String> {
    row.iter().map(|c| c.to_string().trim().to_owned()).collect()
}

fn cell(data: &Data) -> OwnedCell {
    match data {
        Data::Int(value) => OwnedCell::Int(*value),
        Data::Float(value) => OwnedCell::Float(*value),
        Data::DateTime(value) => OwnedCell::Time(moment::excel(value.as_f64())),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) if !text.trim().is_empty() => {
            OwnedCell::Text(text.clone())
        }
        Data::Bool(value) => OwnedCell::Text(value.to_string()),
        _ => OwnedCell::Empty,
    }
}
