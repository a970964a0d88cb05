//! The folder of results: staged beside its place, then moved there whole.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use habitue_core::lifecycle::Stage;
use habitue_core::lifetime::Expected;
use habitue_core::model::Placement;

use crate::error::Error;
use crate::model_file::ModelFile;
use crate::outcome::NO_PURCHASE;
use crate::pipeline::{Placed, SegmentRun, feature_cells, ids};
use crate::write::table::{Cells, Sheet};
use crate::write::{self, Rejects, TableFormat};

/// The number of the segment of customers that no segment fits.
pub const NO_SEGMENT: i64 = 0;
/// The name given to customers that no segment fits.
pub const FITS_NONE: &str = "Fits none";

/// A folder being written beside the place where it will stand; it vanishes if it is not finished.
pub struct Results {
    target: PathBuf,
    stage: tempfile::TempDir,
}

impl Results {
    /// Prepares to write results to a folder.
    ///
    /// # Errors
    /// [`Error::OutputExists`] when the folder has something in it and `force` is not set.
    pub fn prepare(target: &Path, force: bool) -> Result<Self, Error> {
        let occupied = match fs::read_dir(target) {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
            Err(error) => return Err(Error::io(target.display())(error)),
        };
        if occupied && !force {
            return Err(Error::OutputExists { path: target.to_owned() });
        }
        let parent = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(Error::io(parent.display()))?;
        let stage = tempfile::Builder::new()
            .prefix(".habitue-")
            .tempdir_in(parent)
            .map_err(Error::io(parent.display()))?;
        Ok(Self { target: target.to_owned(), stage })
    }

    /// Where rejected rows go while they are found.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn rejects(&self) -> Result<Rejects, Error> {
        let path = self.stage.path().join("rejects.csv");
        Ok(Rejects::to(BufWriter::new(fs::File::create(&path).map_err(Error::io(path.display()))?)))
    }

    /// Writes everything and moves the folder to its place.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn finish(self, run: &SegmentRun, format: TableFormat, report: &str) -> Result<(), Error> {
        let stage = self.stage.path();
        let write = |name: &str, text: &str| fs::write(stage.join(name), text).map_err(Error::io(name));
        write("report.html", report)?;
        write("model.json", &run.model.to_json())?;
        let summary = serde_json::to_string_pretty(&run.outcome).expect("an outcome is plain data");
        write("summary.json", &summary)?;
        let sheet = run.placed.sheet(&run.model);
        sheet.write(&stage.join(format!("segments.{}", format.ending())), format, |_| true)?;
        let audiences = stage.join("audiences");
        fs::create_dir(&audiences).map_err(Error::io("audiences"))?;
        for segment in &run.outcome.segments {
            let file = format!("{}-{}.{}", segment.id, slug(&segment.name), format.ending());
            let is_here =
                |place: Placement| place.fits && run.model.model.segments[place.nearest].id == segment.id;
            let of_segment = |row: usize| run.placed.places[row].is_some_and(is_here);
            sheet.write(&audiences.join(file), format, of_segment)?;
        }
        if !run.placed.entered_at_risk.is_empty() {
            let file = format!("entered-at-risk.{}", format.ending());
            let entered = |row: usize| run.placed.entered_at_risk.binary_search(&row).is_ok();
            sheet.write(&audiences.join(file), format, entered)?;
        }
        self.put_in_place()
    }

    /// Moves the staged files to the target; files of others that stand there are left alone.
    fn put_in_place(self) -> Result<(), Error> {
        let failed = || Error::io(self.target.display());
        // Temporary folders are private; results are not.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(self.stage.path(), fs::Permissions::from_mode(0o755)).map_err(failed())?;
        }
        if !self.target.exists() {
            return fs::rename(self.stage.keep(), &self.target).map_err(Error::io(self.target.display()));
        }
        // Tables of the last run in another format, or of segments that are no more, would be taken for new ones.
        for stale in ["segments.csv", "segments.parquet", "segments.xlsx"] {
            remove_if_there(&self.target.join(stale)).map_err(failed())?;
        }
        remove_if_there(&self.target.join("audiences")).map_err(failed())?;
        for entry in fs::read_dir(self.stage.path()).map_err(failed())? {
            let entry = entry.map_err(failed())?;
            fs::rename(entry.path(), self.target.join(entry.file_name())).map_err(failed())?;
        }
        Ok(())
    }
}

fn remove_if_there(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return fs::remove_dir_all(path);
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A name as part of a file's name: lower-case words joined by hyphens.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').chars().take(60).collect()
}

/// What customers are expected to bring: only where that is known.
fn expected_columns(expected: &[Option<Expected>]) -> Vec<(String, Cells<'_>)> {
    type Figure = (&'static str, fn(&Expected) -> f64, u8);
    let columns: [Figure; 3] = [
        ("probability_alive", |e| e.probability_alive, 4),
        ("expected_orders", |e| e.orders, 4),
        ("lifetime_value", |e| e.value, 2),
    ];
    let column = |(name, of, decimals): Figure| {
        let values: Vec<f64> = expected.iter().map(|e| e.as_ref().map_or(f64::NAN, of)).collect();
        let is_known = values.iter().any(|v| v.is_finite());
        is_known.then(|| (name.to_owned(), Cells::Number(values.into(), decimals)))
    };
    columns.into_iter().filter_map(column).collect()
}

impl Placed {
    /// The table of places: id, segment, names, confidence, features, RFM.
    pub(crate) fn sheet<'a>(&'a self, model: &'a ModelFile) -> Sheet<'a> {
        let segments = &model.model.segments;
        let names = |of: fn(&'a habitue_core::model::ModelSegment) -> &'a str, fits_none, apart| {
            let name = move |place: &Option<Placement>| match place {
                Some(place) if place.fits => Some(of(&segments[place.nearest])),
                Some(_) => fits_none,
                None => apart,
            };
            Cells::Text(self.places.iter().map(name).collect())
        };
        let number = |place: &Option<Placement>| match place {
            Some(place) if place.fits => segments[place.nearest].id as i64,
            _ => NO_SEGMENT,
        };
        let mut columns = vec![
            ("customer_id".to_owned(), ids(&self.table)),
            ("segment".to_owned(), Cells::Whole(self.places.iter().map(number).collect())),
            ("segment_name".to_owned(), names(|s| &s.name, Some(FITS_NONE), Some(NO_PURCHASE))),
            ("persona".to_owned(), names(|s| &s.persona, None, None)),
        ];
        if let Some(previous) = &self.previous {
            columns.push(("previous_segment".to_owned(), Cells::Known(previous.clone())));
        }
        columns.push((
            "confidence".to_owned(),
            Cells::Number(
                self.places.iter().map(|p| p.map_or(f64::NAN, |p| p.confidence)).collect::<Vec<_>>().into(),
                4,
            ),
        ));
        // Recency, orders and spend, then what customers were clustered on; `habitue features` writes all there is.
        let mut names: Vec<&str> = habitue_core::features::RFM.to_vec();
        names.extend(
            self.clustered.iter().map(String::as_str).filter(|n| !habitue_core::features::RFM.contains(n)),
        );
        columns.extend(names.iter().filter_map(|name| self.table.column(name)).map(feature_cells));
        columns.extend(expected_columns(&self.expected));
        if self.stages.iter().any(Option::is_some) {
            let stages = self.stages.iter().map(|s| s.map(Stage::key)).collect();
            columns.push(("lifecycle".to_owned(), Cells::Text(stages)));
        }
        if self.rfm.iter().any(Option::is_some) {
            let scores = self.rfm.iter().map(|r| {
                r.map_or(NO_SEGMENT, |r| {
                    i64::from(r.recency) * 100 + i64::from(r.frequency) * 10 + i64::from(r.monetary)
                })
            });
            columns.push(("rfm".to_owned(), Cells::Whole(scores.collect())));
            let grid = self.rfm.iter().map(|r| r.map(|r| habitue_core::rfm::grid(r).name()));
            columns.push(("rfm_segment".to_owned(), Cells::Text(grid.collect())));
        }
        Sheet { columns }
    }

    /// Writes the table of places to a file, by a temporary name.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, model: &ModelFile, path: &Path, format: TableFormat) -> Result<(), Error> {
        write::replace_file(path, |temporary| self.sheet(model).write(temporary, format, |_| true))
    }

    /// Writes the table of places as CSV.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_csv(&self, model: &ModelFile, out: impl Write) -> std::io::Result<()> {
        self.sheet(model).write_csv_to(out)
    }
}
