//! Temporary Arrow files for lines that memory was not to hold.

use std::fs::File;
use std::io::{BufReader, BufWriter};

use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use tempfile::{NamedTempFile, TempPath};

use super::batch;
use crate::error::Error;
use crate::ingest::part::{PARTITIONS, Part};

/// One file a partition, being written; files appear with their first part and vanish with the value.
pub(super) struct Spill {
    writers: Vec<Option<(StreamWriter<BufWriter<File>>, TempPath)>>,
    folder: tempfile::TempDir,
}

/// The files, written.
pub(super) struct Spilled {
    paths: Vec<Option<TempPath>>,
    _folder: tempfile::TempDir,
}

const PLACE: &str = "temporary file";

impl Spill {
    pub(super) fn new() -> Result<Self, Error> {
        let folder = tempfile::Builder::new().prefix("habitue-").tempdir().map_err(Error::io(PLACE))?;
        Ok(Self { writers: (0..PARTITIONS).map(|_| None).collect(), folder })
    }

    pub(super) fn write(&mut self, partition: usize, part: &Part) -> Result<(), Error> {
        let writer = match &mut self.writers[partition] {
            Some((writer, _)) => writer,
            empty => {
                let (file, path) =
                    NamedTempFile::new_in(self.folder.path()).map_err(Error::io(PLACE))?.into_parts();
                let writer =
                    StreamWriter::try_new(BufWriter::new(file), &batch::part_schema()).map_err(failed)?;
                &mut empty.insert((writer, path)).0
            }
        };
        writer.write(&batch::from_part(part)).map_err(failed)
    }

    /// Ends writing.
    pub(super) fn finish(self) -> Result<Spilled, Error> {
        let finish = |writer: Option<(StreamWriter<BufWriter<File>>, TempPath)>| match writer {
            Some((mut writer, path)) => {
                writer.finish().map_err(failed)?;
                Ok(Some(path))
            }
            None => Ok(None),
        };
        let paths = self.writers.into_iter().map(finish).collect::<Result<_, Error>>()?;
        Ok(Spilled { paths, _folder: self.folder })
    }
}

impl Spilled {
    /// The parts of a partition, in the order in which they were written.
    pub(super) fn read(&self, partition: usize) -> Result<Vec<Part>, Error> {
        let Some(path) = &self.paths[partition] else { return Ok(Vec::new()) };
        let file = File::open(path).map_err(Error::io(PLACE))?;
        let reader = StreamReader::try_new(BufReader::new(file), None).map_err(failed)?;
        reader.map(|batch| batch.map(|b| batch::to_part(&b)).map_err(failed)).collect()
    }
}

fn failed(error: arrow_schema::ArrowError) -> Error {
    Error::Io { path: PLACE.to_owned(), source: std::io::Error::other(error) }
}
