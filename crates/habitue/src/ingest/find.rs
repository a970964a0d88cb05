//! Which files are meant: files, folders, patterns, standard input.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// One input file and what to call it.
#[derive(Debug)]
pub(crate) struct InputFile {
    pub(crate) path: PathBuf,
    /// The path as given or found; `standard input` for `-`.
    pub(crate) name: String,
    /// Removed with the value, when standard input was written to a temporary file.
    _spool: Option<tempfile::TempPath>,
}

/// Endings of files that a folder is searched for.
const ENDINGS: [&str; 14] = [
    "csv", "tsv", "tab", "txt", "psv", "parquet", "pq", "jsonl", "ndjson", "json", "xlsx", "xlsm", "xls",
    "ods",
];

/// The files behind paths, in the order given; those of a folder or pattern by name.
pub(crate) fn find(inputs: &[String]) -> Result<Vec<InputFile>, Error> {
    let mut files = Vec::new();
    for input in inputs {
        if input == "-" {
            files.push(spool()?);
            continue;
        }
        let path = Path::new(input);
        if path.is_dir() {
            let found = folder(path)?;
            if found.is_empty() {
                return Err(Error::NotFound { path: format!("{input} (no data files in this folder)") });
            }
            files.extend(found.into_iter().map(file));
        } else if path.exists() {
            files.push(file(path.to_owned()));
        } else {
            files.extend(pattern(input)?.into_iter().map(file));
        }
    }
    Ok(files)
}

fn file(path: PathBuf) -> InputFile {
    InputFile { name: path.display().to_string(), path, _spool: None }
}

/// Standard input can be read once, and the data are looked at before they are read: it goes to a temporary file.
fn spool() -> Result<InputFile, Error> {
    let at = || Error::io("standard input");
    let mut spool = tempfile::NamedTempFile::new().map_err(at())?;
    io::copy(&mut io::stdin().lock(), &mut spool).map_err(at())?;
    spool.flush().map_err(at())?;
    let path = spool.into_temp_path();
    Ok(InputFile { path: path.to_path_buf(), name: "standard input".to_owned(), _spool: Some(path) })
}

fn folder(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(Error::io(path.display()))? {
        let entry = entry.map_err(Error::io(path.display()))?.path();
        if entry.is_file() && is_data(&entry) {
            found.push(entry);
        }
    }
    found.sort();
    Ok(found)
}

/// Whether the name ends like a data file, compressed or not, and is not hidden.
fn is_data(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|n| n.to_str()) else { return false };
    let name = name.to_ascii_lowercase();
    let plain = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    !name.starts_with(['.', '~'])
        && plain.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending))
}

fn pattern(input: &str) -> Result<Vec<PathBuf>, Error> {
    let missing = || Error::NotFound { path: input.to_owned() };
    let visible = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
    let paths = glob::glob_with(input, visible).map_err(|_| missing())?;
    let mut found: Vec<PathBuf> = paths.filter_map(Result::ok).filter(|p| p.is_file()).collect();
    found.sort();
    if found.is_empty() { Err(missing()) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_and_a_pattern_give_their_data_files_by_name() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.csv", "a.CSV.gz", "notes.md", ".hidden.csv", "c.parquet"] {
            std::fs::write(dir.path().join(name), "x").unwrap();
        }
        let names = |input: String| -> Vec<String> {
            let files = find(&[input]).unwrap();
            files.iter().map(|f| f.path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
        };
        assert_eq!(names(dir.path().display().to_string()), ["a.CSV.gz", "b.csv", "c.parquet"]);
        assert_eq!(names(format!("{}/*.csv", dir.path().display())), ["b.csv"]);
        assert!(matches!(find(&["no/such/file.csv".to_owned()]), Err(Error::NotFound { .. })));
    }
}
