//! One input file of any format, and the parallel scan over all of them.

use std::fs::File;
use std::io::Read;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, sync_channel};

use habitue_core::time::Timestamp;
use rayon::prelude::*;

use super::cell::{Cell, OwnedCell, Shared};
use super::column::Column;
use super::columnar::{Lists, ParquetFile};
use super::find::InputFile;
use super::record::{Delimiter, Fields, Lines};
use super::sheet::Workbook;
use super::text::{Block, Compression, Layout, TextFile, TextHints, json_cell};
use crate::error::Error;

/// Where a row stands: the number of its source and its line (text) or row (others), counted from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position(pub(crate) u64);

impl Position {
    const ROW_BITS: u32 = 40;

    pub(crate) fn new(source: usize, row: u64) -> Self {
        Self(((source as u64) << Self::ROW_BITS) | row)
    }

    pub(crate) fn source(self) -> usize {
        (self.0 >> Self::ROW_BITS) as usize
    }

    pub(crate) fn row(self) -> u64 {
        self.0 & ((1 << Self::ROW_BITS) - 1)
    }
}

/// A file, understood well enough to read any of its columns.
pub(crate) struct Source {
    pub(crate) file: InputFile,
    format: Format,
}

enum Format {
    Text(TextFile),
    Parquet(ParquetFile),
    Workbook(Workbook),
}

/// What the user said about files.
#[derive(Debug, Clone, Default)]
pub(crate) struct SourceHints {
    pub(crate) text: TextHints,
    pub(crate) sheet: Option<String>,
}

/// One row of a source; cells are numbered as the columns were selected.
pub(crate) trait Row {
    fn cell(&self, index: usize) -> Cell<'_>;

    /// The whole number that the cell holds as such.
    fn int(&self, index: usize) -> Option<i64> {
        if let Cell::Int(value) = self.cell(index) { Some(value) } else { None }
    }

    /// The moment that the cell holds as such.
    fn time(&self, index: usize) -> Option<Timestamp> {
        if let Cell::Time(value) = self.cell(index) { Some(value) } else { None }
    }

    /// Where the cell's value stands in a list of values that many rows share, if it does.
    fn shared(&self, _index: usize) -> Option<Shared> {
        None
    }
}

/// What takes the rows of a part of the sources.
pub(crate) trait Sink: Send {
    /// Whether it has seen enough.
    fn is_full(&self) -> bool {
        false
    }

    /// About how many rows will come.
    fn expect(&mut self, _rows: usize) {}

    /// One row.
    fn row(&mut self, position: Position, row: &impl Row) -> Result<(), Error>;
    /// `n` rows, one after the other, given column by column.
    fn rows(&mut self, first: Position, columns: &[Column<'_>], n: usize) -> Result<(), Error> {
        for row in 0..n {
            if self.is_full() {
                break;
            }
            self.row(Position(first.0 + row as u64), &ColumnarRow { columns, row })?;
        }
        Ok(())
    }

    /// A row that could not be parted into its columns.
    fn broken(&mut self, position: Position, text: &str, why: String);
    /// A row with bytes that are not of the file's encoding, which were replaced.
    fn replaced(&mut self, position: Position);

    /// The end of the part: what was borrowed for reading it is given back.
    fn end(&mut self) {}
}

impl Source {
    /// Looks at a file: what it is, and how it is laid out.
    pub(crate) fn look(file: InputFile, hints: &SourceHints) -> Result<Self, Error> {
        let format = format_of(&file, hints)?;
        Ok(Self { file, format })
    }

    pub(crate) fn columns(&self) -> &[String] {
        match &self.format {
            Format::Text(text) => text.columns(),
            Format::Parquet(parquet) => &parquet.columns,
            Format::Workbook(workbook) => &workbook.columns,
        }
    }

    pub(crate) fn has_header(&self) -> bool {
        !matches!(
            &self.format,
            Format::Text(TextFile { layout: Layout::Delimited { header: false, .. }, .. })
        )
    }

    /// Whether the text had to be read in the old Western encoding.
    pub(crate) fn is_windows_1252(&self) -> bool {
        matches!(&self.format, Format::Text(text) if text.encoding == encoding_rs::WINDOWS_1252)
    }

    pub(crate) fn describe(&self) -> String {
        match &self.format {
            Format::Text(text) => text.describe(),
            Format::Parquet(parquet) => parquet.describe(),
            Format::Workbook(workbook) => workbook.describe(),
        }
    }

    /// The word for the number of a row in messages.
    pub(crate) fn row_word(&self) -> &'static str {
        if matches!(self.format, Format::Text(_)) { "line" } else { "row" }
    }

    /// The first rows, all columns.
    pub(crate) fn sample(&self, most: usize) -> Result<Vec<Vec<OwnedCell>>, Error> {
        let all: Vec<usize> = (0..self.columns().len()).collect();
        let cells = match &self.format {
            Format::Text(text) => match text.blocks(&self.file)?.next_block()? {
                Some(block) => self.sample_columns(Part::Block(block), &all, most)?,
                None => return Ok(Vec::new()),
            },
            // A column's first rows come with the thousands of their page: that is worth two threads.
            Format::Parquet(_) => {
                let sampled = |&column: &usize| self.sample_columns(Part::RowGroup(0), &[column], most);
                let columns: Vec<_> = all.par_iter().map(sampled).collect::<Result<_, _>>()?;
                let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
                let n_rows = columns.first().map_or(0, ExactSizeIterator::len);
                return Ok((0..n_rows)
                    .map(|_| columns.iter_mut().filter_map(Iterator::next).collect())
                    .collect());
            }
            Format::Workbook(_) => self.sample_columns(Part::Rows, &all, most)?,
        };
        Ok(cells.chunks(all.len().max(1)).map(<[_]>::to_vec).collect())
    }

    /// The cells of the first rows of some columns, row by row.
    fn sample_columns(&self, part: Part, columns: &[usize], most: usize) -> Result<Vec<OwnedCell>, Error> {
        let selection: Vec<Option<usize>> = columns.iter().copied().map(Some).collect();
        let mut sample = SampleSink { cells: Vec::new(), n_columns: columns.len(), most };
        match self.read(0, part, &selection, &mut sample) {
            Ok(()) | Err(ReadStop::Enough) => Ok(sample.cells),
            Err(ReadStop::Failed(error)) => Err(error),
        }
    }

    /// Reads one part of the source into a sink.
    fn read<S: Sink>(
        &self,
        number: usize,
        part: Part,
        selection: &[Option<usize>],
        sink: &mut S,
    ) -> Result<(), ReadStop> {
        match (&self.format, part) {
            (Format::Text(text), Part::Block(block)) => {
                read_block(self, text, number, &block, selection, sink)
            }
            (Format::Text(text), Part::Whole) => {
                let mut blocks = text.blocks(&self.file)?;
                while let Some(block) = blocks.next_block()? {
                    read_block(self, text, number, &block, selection, sink)?;
                }
                Ok(())
            }
            (Format::Parquet(parquet), Part::RowGroup(group)) => {
                read_row_group(self, parquet, number, group, selection, sink)
            }
            (Format::Parquet(parquet), Part::Whole) => (0..parquet.n_row_groups())
                .try_for_each(|group| read_row_group(self, parquet, number, group, selection, sink)),
            (Format::Workbook(workbook), _) => {
                for (row, cells) in &workbook.rows {
                    if sink.is_full() {
                        return Err(ReadStop::Enough);
                    }
                    sink.row(Position::new(number, *row), &SheetRow { cells, selection })?;
                }
                Ok(())
            }
            _ => unreachable!("parts are made from the format they are read with"),
        }
    }
}

/// A part of a source that one worker reads.
enum Part {
    /// Records of text.
    Block(Block),
    /// All records of a file, one after the other.
    Whole,
    RowGroup(usize),
    Rows,
}

/// Why reading ended before the end.
enum ReadStop {
    Enough,
    Failed(Error),
}

impl From<Error> for ReadStop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Reads all sources in parts, in parallel; `done` gets the sinks in the order of the sources, whatever finished first.
///
/// `selections` gives each source's column for each cell; `in_order` forbids cutting a source into parts.
///
/// # Errors
/// The first error in the order of the sources.
pub(crate) fn scan<S: Sink>(
    sources: &[Source],
    selections: &[Vec<Option<usize>>],
    in_order: bool,
    new_sink: impl Fn(usize) -> S + Sync,
    mut done: impl FnMut(S) -> Result<(), Error>,
) -> Result<(), Error> {
    let threads = rayon::current_num_threads().max(1);
    let (job_sender, job_receiver) = sync_channel::<(usize, usize, Part)>(threads);
    let (result_sender, result_receiver) = sync_channel::<(usize, Result<S, Error>)>(2 * threads);
    let jobs = Mutex::new(job_receiver);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (results, jobs, new_sink) = (result_sender.clone(), &jobs, &new_sink);
            scope.spawn(move || {
                while let Some((index, source, part)) = next_job(jobs) {
                    let mut sink = new_sink(source);
                    let result = match sources[source].read(source, part, &selections[source], &mut sink) {
                        Ok(()) | Err(ReadStop::Enough) => {
                            sink.end();
                            Ok(sink)
                        }
                        Err(ReadStop::Failed(error)) => Err(error),
                    };
                    if results.send((index, result)).is_err() {
                        return;
                    }
                }
            });
        }
        let producer_results = result_sender.clone();
        drop(result_sender);
        scope.spawn(move || {
            let mut index = 0;
            for (number, source) in sources.iter().enumerate() {
                let sent = parts(source, in_order, |part| {
                    index += 1;
                    job_sender.send((index - 1, number, part)).is_ok()
                });
                if let Err(error) = sent {
                    let _ = producer_results.send((index, Err(error)));
                    return;
                }
            }
        });
        let mut waiting = std::collections::BTreeMap::new();
        let mut next = 0;
        for (index, result) in &result_receiver {
            waiting.insert(index, result);
            while let Some(result) = waiting.remove(&next) {
                next += 1;
                let outcome = result.and_then(&mut done);
                if outcome.is_err() {
                    drop(result_receiver);
                    // The producer ends when no worker takes its jobs any more.
                    while next_job(&jobs).is_some() {}
                    return outcome;
                }
            }
        }
        Ok(())
    })
}

fn next_job(jobs: &Mutex<Receiver<(usize, usize, Part)>>) -> Option<(usize, usize, Part)> {
    jobs.lock().ok()?.recv().ok()
}

/// Cuts a source into parts; `send` gives false when nobody wants more.
fn parts(source: &Source, in_order: bool, mut send: impl FnMut(Part) -> bool) -> Result<(), Error> {
    match &source.format {
        Format::Text(_) | Format::Parquet(_) if in_order => {
            send(Part::Whole);
        }
        Format::Text(text) => {
            let mut blocks = text.blocks(&source.file)?;
            while let Some(block) = blocks.next_block()? {
                if !send(Part::Block(block)) {
                    break;
                }
            }
        }
        Format::Parquet(parquet) => {
            for group in 0..parquet.n_row_groups() {
                if !send(Part::RowGroup(group)) {
                    break;
                }
            }
        }
        Format::Workbook(_) => {
            send(Part::Rows);
        }
    }
    Ok(())
}

fn read_block<S: Sink>(
    source: &Source,
    format: &TextFile,
    number: usize,
    block: &Block,
    selection: &[Option<usize>],
    sink: &mut S,
) -> Result<(), ReadStop> {
    let text = block.text.as_str();
    let newline = format.newline();
    let (mut fields, mut at, mut line) = (Fields::default(), 0, block.first_line);
    if let Some(line) = block.replaced {
        sink.replaced(Position::new(number, line));
    }
    let mut lines_at_once = Lines::default();
    sink.expect(block.n_lines as usize);
    while at < text.len() {
        if sink.is_full() {
            return Err(ReadStop::Enough);
        }
        let position = Position::new(number, line);
        if let Layout::Delimited { columns, delimiter: Delimiter::Byte(delimiter), .. } = &format.layout {
            at = lines_at_once.read(text, at, *delimiter, newline, columns.len());
            let n = lines_at_once.len();
            if n > 0 {
                let column = |c: &Option<usize>| {
                    c.map_or(Column::Nothing, |c| Column::Field(lines_at_once.field(text, c)))
                };
                let columns: Vec<Column<'_>> = selection.iter().map(column).collect();
                sink.rows(position, &columns, n)?;
                line += n as u64;
                continue;
            }
        }
        let next = fields.read(text, at, format.delimiter(), newline);
        let record = &text[at..next];
        let lines = if fields.is_plain() {
            1
        } else {
            record.bytes().filter(|&b| b == newline).count().max(1) as u64
        };
        at = next;
        line += lines;
        if record.trim_ascii().is_empty() {
            continue;
        }
        match &format.layout {
            Layout::Json { keys } => match serde_json::from_str::<serde_json::Value>(record) {
                Ok(serde_json::Value::Object(object)) => {
                    sink.row(position, &JsonRow { object: &object, keys, selection })?
                }
                Ok(_) => sink.broken(position, record.trim_end(), "not a JSON object".to_owned()),
                Err(error) => sink.broken(position, record.trim_end(), format!("not JSON: {error}")),
            },
            Layout::Delimited { columns, .. } => {
                let named = columns.iter().rposition(|c| !c.is_empty()).map_or(0, |i| i + 1);
                let too_long = (columns.len()..fields.len()).any(|i| !fields.get(text, i).trim().is_empty());
                if fields.len() >= named && !too_long {
                    sink.row(position, &TextRow { fields: &fields, text, selection })?;
                } else if lines > 1 {
                    return Err(ReadStop::Failed(Error::Damaged {
                        path: source.file.name.clone(),
                        line: position.row(),
                        what: format!(
                            "a quote is opened here and closed {} lines on, where columns no longer fit",
                            lines - 1
                        ),
                        remedy: "close the quote, or double it if it belongs to the text",
                    }));
                } else {
                    let why = format!("{} columns where the header has {}", fields.len(), columns.len());
                    sink.broken(position, record.trim_end(), why);
                }
            }
        }
    }
    Ok(())
}

fn read_row_group<S: Sink>(
    source: &Source,
    format: &ParquetFile,
    number: usize,
    group: usize,
    selection: &[Option<usize>],
    sink: &mut S,
) -> Result<(), ReadStop> {
    let mut wanted: Vec<usize> = selection.iter().flatten().copied().collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut row_number = format.rows_before(group) + 1;
    let mut lists = Lists::default();
    sink.expect(format.n_rows(group));
    for batch in format.batches(&source.file, group, &wanted)? {
        let batch = batch?;
        let columns: Vec<Column<'_>> = selection
            .iter()
            .map(|c| match c {
                Some(column) => {
                    let at = wanted.partition_point(|w| w < column);
                    Column::new(batch.column(at), lists.number(at, batch.column(at)))
                }
                None => Column::Nothing,
            })
            .collect();
        sink.rows(Position::new(number, row_number), &columns, batch.num_rows())?;
        row_number += batch.num_rows() as u64;
        if sink.is_full() {
            return Err(ReadStop::Enough);
        }
    }
    Ok(())
}

struct TextRow<'a> {
    fields: &'a Fields,
    text: &'a str,
    selection: &'a [Option<usize>],
}

impl Row for TextRow<'_> {
    fn cell(&self, index: usize) -> Cell<'_> {
        self.selection[index].map_or(Cell::Empty, |column| Cell::text(self.fields.get(self.text, column)))
    }
}

/// A row of columns.
pub(crate) struct ColumnarRow<'a> {
    pub(crate) columns: &'a [Column<'a>],
    pub(crate) row: usize,
}

impl Row for ColumnarRow<'_> {
    #[inline]
    fn cell(&self, index: usize) -> Cell<'_> {
        self.columns[index].cell(self.row)
    }

    #[inline]
    fn int(&self, index: usize) -> Option<i64> {
        self.columns[index].int(self.row)
    }

    #[inline]
    fn time(&self, index: usize) -> Option<Timestamp> {
        self.columns[index].time(self.row)
    }

    #[inline]
    fn shared(&self, index: usize) -> Option<Shared> {
        self.columns[index].shared(self.row)
    }
}

struct JsonRow<'a> {
    object: &'a serde_json::Map<String, serde_json::Value>,
    keys: &'a [String],
    selection: &'a [Option<usize>],
}

impl Row for JsonRow<'_> {
    fn cell(&self, index: usize) -> Cell<'_> {
        let value = self.selection[index].and_then(|column| self.object.get(&self.keys[column]));
        value.map_or(Cell::Empty, json_cell)
    }
}

struct SheetRow<'a> {
    cells: &'a [OwnedCell],
    selection: &'a [Option<usize>],
}

impl Row for SheetRow<'_> {
    fn cell(&self, index: usize) -> Cell<'_> {
        self.selection[index].and_then(|column| self.cells.get(column)).map_or(Cell::Empty, OwnedCell::borrow)
    }
}

struct SampleSink {
    /// Row by row.
    cells: Vec<OwnedCell>,
    n_columns: usize,
    most: usize,
}

impl Sink for SampleSink {
    fn is_full(&self) -> bool {
        self.cells.len() >= self.most * self.n_columns
    }

    fn row(&mut self, _: Position, row: &impl Row) -> Result<(), Error> {
        self.cells.extend((0..self.n_columns).map(|i| OwnedCell::from(row.cell(i))));
        Ok(())
    }

    fn broken(&mut self, _: Position, _: &str, _: String) {}

    fn replaced(&mut self, _: Position) {}
}

/// What a file is, by its first bytes and not by its name.
fn format_of(file: &InputFile, hints: &SourceHints) -> Result<Format, Error> {
    let mut head = [0; 8];
    let mut raw = File::open(&file.path).map_err(Error::io(&file.name))?;
    let n = read_up_to(&mut raw, &mut head).map_err(Error::io(&file.name))?;
    let head = &head[..n];
    let ending = file.name.rsplit_once('.').map_or(String::new(), |(_, e)| e.to_ascii_lowercase());
    let refuse =
        |what: &str, remedy| Err(Error::Format { path: file.name.clone(), what: what.to_owned(), remedy });
    if head.is_empty() {
        return Err(Error::EmptyFile { path: file.name.clone() });
    }
    if head.starts_with(b"PAR1") {
        return ParquetFile::look(file).map(Format::Parquet);
    }
    if matches!(ending.as_str(), "parquet" | "pq") {
        return refuse(
            "named .parquet, but this is not a Parquet file",
            "rename it if it is CSV, or write it again",
        );
    }
    let is_workbook = matches!(ending.as_str(), "xlsx" | "xlsm" | "xlsb" | "xls" | "ods");
    if head.starts_with(b"PK\x03\x04") || head.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        if is_workbook {
            return Workbook::read(file, hints.sheet.as_deref()).map(Format::Workbook);
        }
        return refuse("this is a zip archive or an office document", "unpack it and give the files in it");
    }
    if is_workbook {
        return refuse(
            "named like a workbook, but this is not one (often a web page or CSV)",
            "open it in Excel and save it as .xlsx or CSV",
        );
    }
    let compression = match head {
        [0x1f, 0x8b, ..] => Compression::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
        _ => Compression::None,
    };
    TextFile::look(file, compression, hints.text).map(Format::Text)
}

fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut n = 0;
    while n < buffer.len() {
        match reader.read(&mut buffer[n..])? {
            0 => break,
            read => n += read,
        }
    }
    Ok(n)
}
