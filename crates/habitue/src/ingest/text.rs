//! Text files: compression, encoding, delimiter and header found by looking; read in blocks of whole records.

use std::fs::File;
use std::io::{self, BufReader, Read};

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::{memchr, memchr_iter};

use super::cell::Cell;
use super::find::InputFile;
use super::moment;
use super::number;
use super::record::{Delimiter, Fields, whole_records};
use crate::error::Error;

/// Bytes of text that are looked at before a file is read.
const SAMPLE_BYTES: usize = 1 << 20;
/// Bytes of one block.
const BLOCK_BYTES: usize = 4 << 20;
/// Longest record that is read; beyond it something is wrong with the file (an unclosed quote, a bomb).
const MAX_RECORD_BYTES: usize = 16 << 20;

/// How the bytes of a file are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Zstd,
}

/// A text file, understood.
#[derive(Debug)]
pub(crate) struct TextFile {
    pub(crate) compression: Compression,
    pub(crate) encoding: &'static Encoding,
    pub(crate) layout: Layout,
    newline: u8,
    /// Lines before the first record of data.
    skip_lines: u64,
}

/// How a record is laid out.
#[derive(Debug)]
pub(crate) enum Layout {
    /// Fields parted by a delimiter.
    Delimited { delimiter: Delimiter, header: bool, columns: Vec<String> },
    /// One JSON object a line.
    Json { keys: Vec<String> },
}

/// Whole records of a file.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) text: String,
    /// One-based line of the first record.
    pub(crate) first_line: u64,
    pub(crate) n_lines: u64,
    /// The first line with bytes that are not of the file's encoding.
    pub(crate) replaced: Option<u64>,
}

/// What the user said about text files.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TextHints {
    pub(crate) delimiter: Option<char>,
    pub(crate) header: Option<bool>,
}

impl TextFile {
    /// Looks at a file whose first bytes are known to be text, gzip or zstd.
    ///
    /// # Errors
    /// When the file is empty, no text, or has no rows.
    pub(crate) fn look(file: &InputFile, compression: Compression, hints: TextHints) -> Result<Self, Error> {
        let mut sample = Vec::new();
        let raw = open_raw(file, compression)?;
        raw.take(SAMPLE_BYTES as u64)
            .read_to_end(&mut sample)
            .map_err(|e| stream_error(file, compression, e))?;
        let (encoding, bom) = guess_encoding(file, &sample)?;
        let (text, _) = encoding.decode_without_bom_handling(&sample[bom..]);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        if text.trim().is_empty() {
            return Err(Error::EmptyFile { path: file.name.clone() });
        }
        let newline = if !text.contains('\n') && text.contains('\r') { b'\r' } else { b'\n' };
        let mut this =
            Self { compression, encoding, newline, skip_lines: 0, layout: Layout::Json { keys: Vec::new() } };
        if text.trim_start().starts_with('{') {
            this.layout = Layout::Json { keys: json_keys(text) };
        } else {
            this.find_layout(file, text, hints)?;
        }
        Ok(this)
    }

    /// The columns' names; numbers from 1 where there is no header.
    pub(crate) fn columns(&self) -> &[String] {
        match &self.layout {
            Layout::Delimited { columns, .. } => columns,
            Layout::Json { keys } => keys,
        }
    }

    /// The format in words.
    pub(crate) fn describe(&self) -> String {
        let kind = match &self.layout {
            Layout::Json { .. } => "JSON lines".to_owned(),
            Layout::Delimited { delimiter, header, .. } => {
                let delimiter = match delimiter {
                    Delimiter::Byte(b',') => "comma",
                    Delimiter::Byte(b';') => "semicolon",
                    Delimiter::Byte(b'\t') => "tab",
                    Delimiter::Byte(b'|') => "bar",
                    Delimiter::Byte(_) => "own delimiter",
                    Delimiter::Blanks => "fixed width",
                };
                format!("text, {delimiter}{}", if *header { "" } else { ", no header" })
            }
        };
        let packed = match self.compression {
            Compression::None => "",
            Compression::Gzip => ", gzip",
            Compression::Zstd => ", zstd",
        };
        format!("{kind}, {}{packed}", self.encoding.name())
    }

    /// Reads the blocks of the file one after the other.
    pub(crate) fn blocks<'a>(&'a self, file: &'a InputFile) -> Result<Blocks<'a>, Error> {
        let raw = open_raw(file, self.compression)?;
        let is_wide = self.encoding == UTF_16LE || self.encoding == UTF_16BE;
        let reader: Box<dyn Read> = if is_wide {
            let decoder =
                encoding_rs_io::DecodeReaderBytesBuilder::new().encoding(Some(self.encoding)).build(raw);
            Box::new(decoder)
        } else {
            raw
        };
        let mut blocks =
            Blocks { file, format: self, reader, carry: Vec::new(), line: 1, at_end: false, skipped: false };
        blocks.skip_head()?;
        Ok(blocks)
    }

    /// Where the parts of a record are cut.
    pub(crate) fn delimiter(&self) -> Delimiter {
        match &self.layout {
            Layout::Delimited { delimiter, .. } => *delimiter,
            // A JSON object stands on one line; nothing hides a line end.
            Layout::Json { .. } => Delimiter::Blanks,
        }
    }

    pub(crate) fn newline(&self) -> u8 {
        self.newline
    }

    fn find_layout(&mut self, file: &InputFile, text: &str, hints: TextHints) -> Result<(), Error> {
        let mut at = 0;
        let mut said = None;
        if let Some(rest) = text.strip_prefix("sep=") {
            let end = rest.find(['\r', '\n']).unwrap_or(rest.len());
            said = rest[..end].chars().next();
            at = memchr(self.newline, text.as_bytes()).map_or(text.len(), |i| i + 1);
            self.skip_lines += 1;
        }
        let delimiter = match hints.delimiter.or(said) {
            Some(c) if c.is_ascii() => Delimiter::Byte(c as u8),
            _ => guess_delimiter(&text[at..], self.newline),
        };
        let records = first_records(&text[at..], delimiter, self.newline, 60);
        let width = usual_width(&records);
        // Titles and notes above the header are narrower than the table.
        let start = records.iter().position(|(_, r)| r.len() == width || looks_like_header(r)).unwrap_or(0);
        let Some((lines, first)) = records.get(start) else {
            return Err(Error::EmptyFile { path: file.name.clone() });
        };
        let below: Vec<&Vec<String>> = records[start + 1..].iter().map(|r| &r.1).collect();
        let header = hints.header.unwrap_or_else(|| looks_like_header(first));
        let columns = if header { first.clone() } else { (1..=width).map(|i| i.to_string()).collect() };
        if header {
            self.skip_lines += lines.1;
        } else {
            self.skip_lines += lines.0;
        }
        if header && below.is_empty() {
            return Err(Error::NoRows { path: file.name.clone() });
        }
        self.layout = Layout::Delimited { delimiter, header, columns };
        Ok(())
    }
}

/// Reads a file in blocks of whole records.
pub(crate) struct Blocks<'a> {
    file: &'a InputFile,
    format: &'a TextFile,
    reader: Box<dyn Read + 'a>,
    /// Bytes read and not yet given out; they start at a record.
    carry: Vec<u8>,
    /// One-based line of the first byte of `carry`.
    line: u64,
    at_end: bool,
    skipped: bool,
}

impl Blocks<'_> {
    /// The next block; `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read, breaks off, or has a quote or a record without end.
    pub(crate) fn next_block(&mut self) -> Result<Option<Block>, Error> {
        let mut wanted = BLOCK_BYTES;
        loop {
            self.fill(wanted)?;
            if self.carry.is_empty() {
                return Ok(None);
            }
            let whole = whole_records(&self.carry, self.format.delimiter(), self.format.newline);
            let end = if self.at_end { self.carry.len() } else { whole.end };
            if let (true, Some(quote)) = (self.at_end, whole.open_quote) {
                return Err(Error::Damaged {
                    path: self.file.name.clone(),
                    line: self.line + count_lines(&self.carry[..quote], self.format.newline),
                    what: "a quote is opened here and never closed".to_owned(),
                    remedy: "close the quote, or double it if it belongs to the text",
                });
            }
            if end > 0 {
                return Ok(Some(self.cut(end)));
            }
            if self.carry.len() > MAX_RECORD_BYTES {
                return Err(Error::Damaged {
                    path: self.file.name.clone(),
                    line: self.line,
                    what: format!("a row or field is longer than {} MB", MAX_RECORD_BYTES >> 20),
                    remedy: "look for an unclosed quote or a damaged file at this line",
                });
            }
            wanted = self.carry.len() + BLOCK_BYTES;
        }
    }

    fn fill(&mut self, wanted: usize) -> Result<(), Error> {
        while !self.at_end && self.carry.len() < wanted {
            let more = wanted - self.carry.len();
            // Room for all of it at once: a buffer that grows as it is read is copied again and again.
            self.carry.reserve_exact(more);
            let read = (&mut self.reader).take(more as u64).read_to_end(&mut self.carry);
            let read = read.map_err(|e| stream_error(self.file, self.format.compression, e))?;
            self.at_end = read == 0;
        }
        Ok(())
    }

    fn cut(&mut self, end: usize) -> Block {
        let rest = self.carry.split_off(end);
        let bytes = std::mem::replace(&mut self.carry, rest);
        let (first_line, n_lines) = (self.line, count_lines(&bytes, self.format.newline));
        self.line += n_lines;
        let (text, replaced) = decode(bytes, self.format.encoding, self.format.newline);
        Block { text, first_line, n_lines, replaced: replaced.map(|line| first_line + line) }
    }

    /// Passes over the byte order mark, titles and the header.
    fn skip_head(&mut self) -> Result<(), Error> {
        if self.skipped {
            return Ok(());
        }
        self.skipped = true;
        self.fill(BLOCK_BYTES)?;
        if self.carry.starts_with(b"\xef\xbb\xbf") {
            self.carry.drain(..3);
        }
        for _ in 0..self.format.skip_lines {
            let end = memchr(self.format.newline, &self.carry).map_or(self.carry.len(), |i| i + 1);
            self.carry.drain(..end);
            self.line += 1;
        }
        Ok(())
    }
}

fn count_lines(bytes: &[u8], newline: u8) -> u64 {
    memchr_iter(newline, bytes).count() as u64
}

/// The text of a block. A line that is not of the encoding is read as Windows-1252 when the file is not known to be
/// UTF-8, and with replacement characters when it is; the first such line is named, counted from 0.
fn decode(bytes: Vec<u8>, encoding: &'static Encoding, newline: u8) -> (String, Option<u64>) {
    if encoding == WINDOWS_1252 {
        return match String::from_utf8(bytes) {
            Ok(text) if text.is_ascii() => (text, None),
            Ok(text) => (WINDOWS_1252.decode_without_bom_handling(text.as_bytes()).0.into_owned(), None),
            Err(error) => (WINDOWS_1252.decode_without_bom_handling(error.as_bytes()).0.into_owned(), None),
        };
    }
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return (text, None),
        Err(error) => error.into_bytes(),
    };
    let known_utf8 = bytes.utf8_chunks().any(|c| !c.valid().is_ascii());
    let mut text = String::with_capacity(bytes.len());
    let mut first = None;
    for (number, line) in bytes.split_inclusive(|&b| b == newline).enumerate() {
        match std::str::from_utf8(line) {
            Ok(line) => text.push_str(line),
            Err(_) => {
                first.get_or_insert(number as u64);
                let lossy = if known_utf8 { UTF_8 } else { WINDOWS_1252 };
                text.push_str(&lossy.decode_without_bom_handling(line).0);
            }
        }
    }
    (text, first)
}

fn open_raw(file: &InputFile, compression: Compression) -> Result<Box<dyn Read>, Error> {
    let raw = File::open(&file.path).map_err(Error::io(&file.name))?;
    Ok(match compression {
        Compression::None => Box::new(raw),
        Compression::Gzip => {
            Box::new(flate2::read::MultiGzDecoder::new(BufReader::with_capacity(1 << 16, raw)))
        }
        Compression::Zstd => Box::new(zstd::stream::read::Decoder::new(raw).map_err(Error::io(&file.name))?),
    })
}

fn stream_error(file: &InputFile, compression: Compression, source: io::Error) -> Error {
    let broken = matches!(
        source.kind(),
        io::ErrorKind::UnexpectedEof
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::InvalidData
            | io::ErrorKind::Other
    );
    if compression == Compression::None || !broken {
        return Error::io(&file.name)(source);
    }
    let name = if compression == Compression::Gzip { "gzip" } else { "zstd" };
    Error::Format {
        path: file.name.clone(),
        what: format!("the {name} stream is truncated or damaged ({source})"),
        remedy: "download or compress the file again",
    }
}

/// The encoding of a text and the length of its byte order mark.
fn guess_encoding(file: &InputFile, sample: &[u8]) -> Result<(&'static Encoding, usize), Error> {
    if let Some((encoding, bom)) = Encoding::for_bom(sample) {
        return Ok((encoding, bom));
    }
    let pairs = sample.len() / 2;
    let zeros = |odd: usize| sample.iter().skip(odd).step_by(2).filter(|&&b| b == 0).count();
    if pairs > 4 && zeros(1) * 10 > pairs * 7 {
        return Ok((UTF_16LE, 0));
    }
    if pairs > 4 && zeros(0) * 10 > pairs * 7 {
        return Ok((UTF_16BE, 0));
    }
    let control = sample
        .iter()
        .filter(|&&b| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | 0x1b))
        .count();
    if sample.starts_with(b"\x89PNG") || sample.starts_with(b"%PDF") || control * 50 > sample.len().max(50) {
        return Err(Error::Format {
            path: file.name.clone(),
            what: "this is not text, Parquet or Excel".to_owned(),
            remedy: "export the orders as CSV, Parquet, JSON lines or Excel",
        });
    }
    // Bytes of 0x80 to 0xff in many lines and never as UTF-8: an old export.
    let Err(error) = std::str::from_utf8(sample) else { return Ok((UTF_8, 0)) };
    let cut_at_the_end = error.error_len().is_none();
    let multibyte = sample[..error.valid_up_to()].iter().any(|b| *b >= 0x80);
    Ok((if cut_at_the_end || multibyte { UTF_8 } else { WINDOWS_1252 }, 0))
}

/// A record, and the lines before and after it.
type Placed = ((u64, u64), Vec<String>);

/// The first records that are not blank.
fn first_records(text: &str, delimiter: Delimiter, newline: u8, most: usize) -> Vec<Placed> {
    let (mut fields, mut at, mut line, mut records) = (Fields::default(), 0, 0, Vec::new());
    while at < text.len() && records.len() < most {
        let next = fields.read(text, at, delimiter, newline);
        let lines = count_lines(&text.as_bytes()[at..next], newline);
        let record: Vec<String> = (0..fields.len()).map(|i| fields.get(text, i).trim().to_owned()).collect();
        if record.iter().any(|f| !f.is_empty()) {
            records.push(((line, line + lines), record));
        }
        line += lines;
        at = next;
    }
    records
}

/// The number of fields that most records have.
fn usual_width(records: &[Placed]) -> usize {
    let mut widths: Vec<usize> = records.iter().map(|r| r.1.len()).collect();
    widths.sort_unstable();
    let runs = widths.chunk_by(|a, b| a == b);
    runs.max_by_key(|run| (run.len(), run[0])).map_or(0, |run| run[0])
}

/// The delimiter under which most records have the same number of fields, and more than one.
fn guess_delimiter(text: &str, newline: u8) -> Delimiter {
    let candidates = [b',', b';', b'\t', b'|'].map(Delimiter::Byte);
    let score = |delimiter: Delimiter| {
        let records = first_records(text, delimiter, newline, 50);
        let width = usual_width(&records);
        let same = records.iter().filter(|r| r.1.len() == width).count();
        let header_agrees = records.first().is_some_and(|r| r.1.len() == width);
        if width < 2 || same * 10 < records.len() * 6 {
            None
        } else {
            Some((header_agrees, same * width, width))
        }
    };
    let best = candidates.into_iter().filter_map(|d| score(d).map(|s| (s, d))).max_by_key(|(s, _)| *s);
    match best {
        Some((_, delimiter)) => delimiter,
        None if score(Delimiter::Blanks).is_some() => Delimiter::Blanks,
        None => Delimiter::Byte(b','),
    }
}

/// Whether a record names columns: no cell of it is a number or a date, or one of its cells is a column name we know.
pub(crate) fn looks_like_header(record: &[String]) -> bool {
    let is_data = |cell: &String| {
        number::parse(cell, false).is_ok()
            || number::parse(cell, true).is_ok()
            || moment::parse(cell).is_some()
    };
    let named = record.iter().filter(|c| !c.is_empty()).count();
    let known = record.iter().filter(|c| super::role::is_known_name(c)).count();
    named > 0 && (known >= 2 || !record.iter().any(is_data)) && (named > 1 || record.len() == 1)
}

/// The keys of the first objects, in the order in which they appear.
fn json_keys(text: &str) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for line in text.lines().take(200) {
        if let Ok(serde_json::Value::Object(object)) = serde_json::from_str(line) {
            for key in object.keys() {
                if !keys.contains(key) {
                    keys.push(key.clone());
                }
            }
        }
    }
    keys
}

/// A JSON value as a cell; `scratch` holds the text of nested values.
pub(crate) fn json_cell<'a>(value: &'a serde_json::Value) -> Cell<'a> {
    use serde_json::Value;
    match value {
        Value::String(text) => Cell::text(text),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(int), _) => Cell::Int(int),
            (None, Some(float)) => Cell::Float(float),
            (None, None) => Cell::Empty,
        },
        Value::Bool(true) => Cell::Text("true"),
        Value::Bool(false) => Cell::Text("false"),
        Value::Null | Value::Array(_) | Value::Object(_) => Cell::Empty,
    }
}
