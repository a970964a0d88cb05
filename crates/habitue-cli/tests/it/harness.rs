//! Runs the program, in a folder of its own.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_habitue");

/// How a run ended, and what it said.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, stdout, stderr } = self;
        write!(f, "exit: {status}\n── stdout\n{stdout}── stderr\n{stderr}")
    }
}

impl Ran {
    /// The run, which must have succeeded.
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.status, 0, "the run failed\n{self}");
        self
    }

    /// What the run refused with: exit 1, one `error:` line first, no panic.
    #[track_caller]
    pub(crate) fn refused(self) -> String {
        assert_eq!(self.status, 1, "the run should have been refused\n{self}");
        assert!(self.stderr.starts_with("error: ") && !self.stderr.contains("panicked"), "{self}");
        self.stderr
    }

    /// What the run wrote to stdout with `--json`.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("no JSON on stdout ({e})\n{self}"))
    }
}

/// A folder in which the program is run; it vanishes with the value unless it is shared.
pub(crate) struct Folder {
    path: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        Self { path: temporary.path().to_owned(), _temporary: Some(temporary) }
    }

    /// A folder with one file.
    pub(crate) fn with(name: &str, contents: impl AsRef<[u8]>) -> Self {
        let folder = Self::new();
        folder.write(name, contents);
        folder
    }

    /// A folder that is filled once for all tests of this program, also when every test is a process of its own.
    ///
    /// It is filled again when the program or these tests were built again.
    pub(crate) fn shared(name: &str, fill: impl FnOnce(&Self)) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shared");
        fs::create_dir_all(&root).unwrap();
        let lock = File::create(root.join(format!("{name}.lock"))).unwrap();
        lock.lock().unwrap();
        let built = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
        let builds = format!("{:?}", [built(Path::new(PROGRAM)), built(&std::env::current_exe().unwrap())]);
        let folder = Self { path: root.join(name), _temporary: None };
        let stamp = root.join(format!("{name}.builds"));
        if fs::read_to_string(&stamp).is_ok_and(|s| s == builds) {
            return folder;
        }
        if folder.path.exists() {
            fs::remove_dir_all(&folder.path).unwrap();
        }
        fs::create_dir(&folder.path).unwrap();
        fill(&folder);
        fs::write(stamp, builds).unwrap();
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The path as an argument.
    pub(crate) fn arg(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    #[track_caller]
    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    #[track_caller]
    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).unwrap()
    }

    #[track_caller]
    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.bytes(name)).unwrap()
    }

    #[track_caller]
    pub(crate) fn table(&self, name: &str) -> Table {
        Table::read(&self.bytes(name))
    }

    /// Everything in the folder, folders with a `/` at the end.
    pub(crate) fn names(&self) -> Vec<String> {
        let entry = |e: std::io::Result<fs::DirEntry>| {
            let e = e.unwrap();
            let name = e.file_name().into_string().unwrap();
            if e.path().is_dir() { format!("{name}/") } else { name }
        };
        let mut names: Vec<String> = fs::read_dir(&self.path).unwrap().map(entry).collect();
        names.sort();
        names
    }

    /// Every file below a subfolder, by its path, with its bytes.
    pub(crate) fn tree(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.path(name)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let inside = path.strip_prefix(self.path(name)).unwrap().display().to_string();
                    files.insert(inside, fs::read(path).unwrap());
                }
            }
        }
        files
    }

    /// Runs the program in this folder.
    pub(crate) fn habitue(&self, args: &[&str]) -> Ran {
        self.habitue_reading(args, b"")
    }

    /// Runs the program in this folder with something on its standard input.
    pub(crate) fn habitue_reading(&self, args: &[&str], stdin: &[u8]) -> Ran {
        let mut child = Command::new(PROGRAM)
            .args(args)
            .current_dir(&self.path)
            .env_remove("COLUMNS")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        // A program that refuses its arguments does not read.
        let _ = input.write_all(stdin);
        drop(input);
        let output = child.wait_with_output().unwrap();
        Ran {
            status: output.status.code().unwrap_or_else(|| panic!("killed: {output:?}")),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A CSV table in memory.
pub(crate) struct Table {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    #[track_caller]
    pub(crate) fn read(csv: &[u8]) -> Self {
        let mut reader = csv::Reader::from_reader(csv);
        let columns = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let rows = reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect();
        Self { columns, rows }
    }

    #[track_caller]
    pub(crate) fn column(&self, name: &str) -> usize {
        let found = self.columns.iter().position(|c| c == name);
        found.unwrap_or_else(|| panic!("no column {name} among {:?}", self.columns))
    }

    /// The cells of a column.
    #[track_caller]
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let column = self.column(name);
        self.rows.iter().map(|r| r[column].as_str()).collect()
    }

    /// A cell of the row whose first cell is `id`.
    #[track_caller]
    pub(crate) fn of(&self, id: &str, name: &str) -> &str {
        let column = self.column(name);
        &self.rows.iter().find(|r| r[0] == id).unwrap_or_else(|| panic!("no row {id}"))[column]
    }
}

/// An amount as a whole number of 1/10,000, so that sums are exact.
#[track_caller]
pub(crate) fn money(text: &str) -> i64 {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |d| (-1, d));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    assert!(fraction.len() <= 4, "{text} has more than four decimals");
    let parts: i64 = format!("{whole}{fraction:0<4}").parse().unwrap_or_else(|e| panic!("{text}: {e}"));
    sign * parts
}

/// An amount in JSON: always a decimal string.
#[track_caller]
pub(crate) fn money_of(value: &Value) -> i64 {
    money(value.as_str().unwrap_or_else(|| panic!("{value} is no decimal string")))
}
