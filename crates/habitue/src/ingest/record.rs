//! Records of delimited text: where they end, and their fields.
//!
//! The rules are those of RFC 4180 as the `csv` crate reads them (tests hold the two together): a quote is special only
//! at the start of a field, a doubled quote inside quotes is one quote.
//! It is our own because blocks of a file are cut at record ends and read in parallel, and because lines without
//! quotes, nearly all of them, are split with vectorised searches.

use memchr::{memchr, memchr_iter, memrchr};

/// What parts the fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delimiter {
    /// One byte.
    Byte(u8),
    /// Any number of blanks: columns of fixed width.
    Blanks,
}

/// How far a block of text holds whole records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Whole {
    /// Bytes up to the end of the last whole record.
    pub(crate) end: usize,
    /// Where a quote was opened that is not closed in this block.
    pub(crate) open_quote: Option<usize>,
}

/// Finds the end of the last whole record of a block that starts at the start of a record.
pub(crate) fn whole_records(block: &[u8], delimiter: Delimiter, newline: u8) -> Whole {
    let end_outside = |from: usize, to: usize, before: usize| {
        memrchr(newline, &block[from..to]).map_or(before, |i| from + i + 1)
    };
    let (mut at, mut end) = (0, 0);
    let Delimiter::Byte(delimiter) = delimiter else {
        return Whole { end: end_outside(0, block.len(), 0), open_quote: None };
    };
    while let Some(quote) = memchr(b'"', &block[at..]).map(|i| at + i) {
        end = end_outside(at, quote, end);
        if !opens(block, quote, delimiter, newline) {
            at = quote + 1;
            continue;
        }
        match closing(block, quote + 1) {
            Some(close) => at = close + 1,
            None => return Whole { end, open_quote: Some(quote) },
        }
    }
    Whole { end: end_outside(at, block.len(), end), open_quote: None }
}

/// Whether a quote stands at the start of a field.
fn opens(block: &[u8], quote: usize, delimiter: u8, newline: u8) -> bool {
    quote == 0 || block[quote - 1] == delimiter || block[quote - 1] == newline || block[quote - 1] == b'\n'
}

/// The quote that closes a field whose content starts at `from`.
fn closing(block: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let quote = at + memchr(b'"', &block[at..])?;
        if block.get(quote + 1) != Some(&b'"') {
            return Some(quote);
        }
        at = quote + 2;
    }
}

/// The fields of one record, reused from record to record.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    /// Text of quoted records with quotes taken off; empty when the fields stand in the block itself.
    unquoted: String,
    is_unquoted: bool,
    ends: Vec<(usize, usize)>,
}

impl Fields {
    /// Number of fields.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether the record has no quotes, and so stands on one line.
    pub(crate) fn is_plain(&self) -> bool {
        !self.is_unquoted
    }

    /// A field; empty beyond the last. `block` is the text given to [`Fields::read`].
    pub(crate) fn get<'a>(&'a self, block: &'a str, index: usize) -> &'a str {
        let Some(&(start, end)) = self.ends.get(index) else { return "" };
        if self.is_unquoted { &self.unquoted[start..end] } else { &block[start..end] }
    }

    /// Reads the record that starts at `start`; gives the start of the next one.
    pub(crate) fn read(&mut self, block: &str, start: usize, delimiter: Delimiter, newline: u8) -> usize {
        let bytes = block.as_bytes();
        self.ends.clear();
        self.is_unquoted = false;
        let next = memchr(newline, &bytes[start..]).map_or(bytes.len(), |i| start + i + 1);
        let line = &bytes[start..next];
        match delimiter {
            Delimiter::Byte(delimiter) if memchr(b'"', line).is_some() => {
                return self.read_quoted(block, start, delimiter, newline);
            }
            Delimiter::Byte(delimiter) => {
                let end = start + trim_newline(line, newline);
                let mut field = start;
                for i in memchr_iter(delimiter, &bytes[start..end]) {
                    self.ends.push((field, start + i));
                    field = start + i + 1;
                }
                self.ends.push((field, end));
            }
            Delimiter::Blanks => {
                let mut at = start;
                for part in block[start..next].split_inclusive(char::is_whitespace) {
                    let field = part.trim_end();
                    if !field.is_empty() {
                        self.ends.push((at, at + field.len()));
                    }
                    at += part.len();
                }
            }
        }
        next
    }

    fn read_quoted(&mut self, block: &str, start: usize, delimiter: u8, newline: u8) -> usize {
        self.is_unquoted = true;
        self.unquoted.clear();
        let bytes = block.as_bytes();
        let mut at = start;
        loop {
            let field = self.unquoted.len();
            if bytes.get(at) == Some(&b'"') {
                at += 1;
                loop {
                    let Some(quote) = memchr(b'"', &bytes[at..]).map(|i| at + i) else {
                        self.unquoted.push_str(&block[at..]);
                        at = bytes.len();
                        break;
                    };
                    self.unquoted.push_str(&block[at..quote]);
                    at = quote + 1;
                    if bytes.get(at) != Some(&b'"') {
                        break;
                    }
                    self.unquoted.push('"');
                    at += 1;
                }
            }
            // What stands between a closing quote and the delimiter belongs to the field, as in the csv crate.
            let rest = bytes[at..]
                .iter()
                .position(|&b| b == delimiter || b == newline)
                .map_or(bytes.len(), |i| at + i);
            let is_delimiter = bytes.get(rest) == Some(&delimiter);
            let end = if is_delimiter {
                rest
            } else {
                at + trim_newline(&bytes[at..(rest + 1).min(bytes.len())], newline)
            };
            self.unquoted.push_str(&block[at..end]);
            self.ends.push((field, self.unquoted.len()));
            at = (rest + 1).min(bytes.len());
            if !is_delimiter {
                return at;
            }
        }
    }
}

/// Lines of one field a column and without quotes, parted all at once.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    starts: Vec<u32>,
    /// Where the fields of each line end, line after line.
    ends: Vec<u32>,
    width: usize,
}

/// Most lines parted at once: what is known of them stays in the nearest cache.
const LINES_AT_ONCE: usize = 1024;

impl Lines {
    /// Number of lines.
    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// One field of every line; `block` is the text given to [`Lines::read`].
    pub(crate) fn field<'a>(&'a self, block: &'a str, index: usize) -> Field<'a> {
        Field { block, lines: self, index }
    }

    /// Parts lines from `start` on, up to one that has quotes, another number of fields than `width`, or nothing in it;
    /// gives the start of the line after them.
    pub(crate) fn read(
        &mut self,
        block: &str,
        start: usize,
        delimiter: u8,
        newline: u8,
        width: usize,
    ) -> usize {
        self.starts.clear();
        self.ends.clear();
        self.width = width;
        let bytes = block.as_bytes();
        let mut line_start = start;
        if width < 2 || u32::try_from(bytes.len()).is_err() {
            return start;
        }
        let mut n_fields = 0;
        let mut at = start;
        'lines: while at < bytes.len() {
            let mut last = [0; 64];
            let window = bytes[at..].first_chunk().unwrap_or_else(|| {
                last[..bytes.len() - at].copy_from_slice(&bytes[at..]);
                &last
            });
            let mut found = marks(window, |byte| (byte == delimiter) | (byte == newline) | (byte == b'"'));
            while found != 0 {
                let end = at + found.trailing_zeros() as usize;
                found &= found - 1;
                n_fields += 1;
                let byte = bytes[end];
                if byte == delimiter && n_fields < width {
                    self.ends.push(end as u32);
                    continue;
                }
                let line = &bytes[line_start..end];
                if byte != newline || n_fields != width || line.trim_ascii().is_empty() {
                    break 'lines;
                }
                self.ends.push((end - usize::from(line.ends_with(b"\r"))) as u32);
                self.starts.push(line_start as u32);
                line_start = end + 1;
                n_fields = 0;
                if self.starts.len() == LINES_AT_ONCE {
                    break 'lines;
                }
            }
            at += 64;
        }
        self.ends.truncate(self.starts.len() * width);
        line_start
    }
}

/// A bit for each byte, the first one lowest: whether `is_marked`.
#[inline(always)]
fn marks(window: &[u8; 64], is_marked: impl Fn(u8) -> bool) -> u64 {
    let mut marked = [0; 64];
    for (marked, &byte) in marked.iter_mut().zip(window) {
        *marked = u8::from(is_marked(byte));
    }
    let mut bits = 0;
    for eight in marked.as_chunks::<8>().0.iter().rev() {
        // Each byte's bit is moved to the highest byte, none onto another.
        bits = bits << 8 | u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    }
    bits
}

/// One field of each of many lines.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    block: &'a str,
    lines: &'a Lines,
    index: usize,
}

impl<'a> Field<'a> {
    /// The field of a line.
    #[inline]
    pub(crate) fn get(&self, line: usize) -> &'a str {
        let (start, end) = self.span(line);
        &self.block[start..end]
    }

    /// The bytes of the field of a line.
    #[inline]
    pub(crate) fn bytes(&self, line: usize) -> &'a [u8] {
        let (start, end) = self.span(line);
        &self.block.as_bytes()[start..end]
    }

    /// Everything from this field of a line to another one that stands behind it, with the delimiters between them.
    #[inline]
    pub(crate) fn bytes_to(&self, last: &Self, line: usize) -> &'a [u8] {
        &self.block.as_bytes()[self.span(line).0..last.span(line).1]
    }

    /// Its place in a line, counted from 0.
    pub(crate) fn index(&self) -> usize {
        self.index
    }

    /// The eight bytes that end with the field of a line, and how many of them are of the field; nothing for an empty
    /// or longer field.
    #[inline]
    pub(crate) fn word(&self, line: usize) -> Option<(u64, usize)> {
        let (start, end) = self.span(line);
        let len = end - start;
        let word = self.block.as_bytes()[..end].last_chunk().filter(|_| (1..=8).contains(&len))?;
        Some((u64::from_le_bytes(*word), len))
    }

    #[inline]
    fn span(&self, line: usize) -> (usize, usize) {
        let end = line * self.lines.width + self.index;
        let start = if self.index == 0 { self.lines.starts[line] } else { self.lines.ends[end - 1] + 1 };
        (start as usize, self.lines.ends[end] as usize)
    }
}

/// Length of a line without its line end.
fn trim_newline(line: &[u8], newline: u8) -> usize {
    let line = line.strip_suffix(&[newline]).unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line).len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COMMA: Delimiter = Delimiter::Byte(b',');

    fn records(text: &str) -> Vec<Vec<String>> {
        let (mut fields, mut at, mut all) = (Fields::default(), 0, Vec::new());
        while at < text.len() {
            at = fields.read(text, at, COMMA, b'\n');
            all.push((0..fields.len()).map(|i| fields.get(text, i).to_owned()).collect());
        }
        all
    }

    fn by_the_csv_crate(text: &str) -> Vec<Vec<String>> {
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn quotes_hide_delimiters_and_line_ends() {
        let text = "a,\"b,\"\"c\"\"\nd\",e\r\n1,5\" nail,3\n";
        assert_eq!(records(text), [vec!["a", "b,\"c\"\nd", "e"], vec!["1", "5\" nail", "3"]]);
    }

    #[test]
    fn a_block_ends_at_a_record_and_not_inside_quotes() {
        let block = b"a,b\nc,\"d\ne\",f\ng,\"h";
        assert_eq!(whole_records(block, COMMA, b'\n'), Whole { end: 14, open_quote: Some(16) });
        assert_eq!(whole_records(b"a,b\nc,5\" d\ne", COMMA, b'\n'), Whole { end: 11, open_quote: None });
        assert_eq!(whole_records(b"no line end", COMMA, b'\n'), Whole { end: 0, open_quote: None });
    }

    #[test]
    fn columns_of_fixed_width_are_parted_by_blanks() {
        let (text, mut fields) = (" 00001 19970101  1   11.77\r\n", Fields::default());
        assert_eq!(fields.read(text, 0, Delimiter::Blanks, b'\n'), text.len());
        let all: Vec<_> = (0..fields.len()).map(|i| fields.get(text, i)).collect();
        assert_eq!(all, ["00001", "19970101", "1", "11.77"]);
    }

    proptest! {
        #[test]
        fn fields_equal_those_of_the_csv_crate(text in "[ab,\"\n]{0,40}") {
            // The csv crate skips blank lines and drops an empty last line; neither is a record here either.
            let ours: Vec<_> = records(&text).into_iter().filter(|r| r.len() > 1 || !r[0].is_empty()).collect();
            let theirs: Vec<_> = by_the_csv_crate(&text).into_iter().filter(|r| r.len() > 1 || !r[0].is_empty()).collect();
            prop_assert_eq!(ours, theirs);
        }

        #[test]
        fn lines_parted_at_once_are_those_parted_one_by_one(
            lines in prop::collection::vec("[ab1]{0,30},[b\r ]{0,40},c?|\"x,\"?\n?y\",,|[,a\r]{0,4}|", 0..60),
            has_end in prop::bool::ANY,
        ) {
            let text = lines.join("\n") + if has_end { "\n" } else { "" };
            let (mut at_once, mut fields, mut at) = (Lines::default(), Fields::default(), 0);
            while at < text.len() {
                let next = at_once.read(&text, at, b',', b'\n', 3);
                for line in 0..at_once.len() {
                    at = fields.read(&text, at, COMMA, b'\n');
                    let one: Vec<_> = (0..fields.len()).map(|i| fields.get(&text, i)).collect();
                    let many: Vec<_> = (0..3).map(|i| at_once.field(&text, i).get(line)).collect();
                    prop_assert_eq!(one, many);
                }
                prop_assert_eq!(at, next);
                let start = at;
                if at_once.len() < LINES_AT_ONCE && at < text.len() {
                    at = fields.read(&text, at, COMMA, b'\n');
                    let line = &text[start..at];
                    let is_plain = fields.is_plain() && fields.len() == 3 && line.ends_with('\n');
                    prop_assert!(!is_plain || line.trim().is_empty());
                }
            }
        }

        #[test]
        fn cutting_at_whole_records_changes_nothing(text in "[ab,\"\n]{0,40}", cut in 0..40_usize) {
            let whole = whole_records(text.as_bytes(), COMMA, b'\n');
            prop_assume!(whole.open_quote.is_none());
            let cut = whole_records(&text.as_bytes()[..cut.min(text.len())], COMMA, b'\n').end;
            let mut split = records(&text[..cut]);
            split.extend(records(&text[cut..]));
            prop_assert_eq!(split, records(&text));
        }
    }
}
