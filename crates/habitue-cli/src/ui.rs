//! The only place that prints: data to stdout, words to stderr.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use habitue::Error;
use habitue::pipeline::Observer;
use habitue::write::Rejects;
use indicatif::{ProgressBar, ProgressStyle};

const BOLD: Style = Style::new().bold();
const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
const CYAN: Style = AnsiColor::Cyan.on_default().bold();

/// How a command failed.
pub(crate) enum Failure {
    /// Data or settings are wrong.
    Refused { error: Error, json: bool },
    /// Standard output was closed by the reader, which is no failure.
    BrokenPipe,
}

impl Failure {
    /// Says what went wrong; gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Self::BrokenPipe => ExitCode::SUCCESS,
            Self::Refused { error, json } => {
                let hint = error.hint();
                if json {
                    let value = serde_json::json!({
                        "error": { "code": error.code(), "message": error.to_string(), "hint": hint }
                    });
                    let _ = out(&format!("{value:#}\n"));
                }
                say(&format!("{RED}error:{RED:#} {}", visible(&error.to_string())));
                if let Some(hint) = hint {
                    say(&format!("\n{CYAN}hint:{CYAN:#} {}", visible(&hint)));
                }
                ExitCode::from(1)
            }
        }
    }
}

/// Writes data to stdout.
pub(crate) fn out(text: &str) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(|e| failure(to_stdout(e), false))
}

/// Standard output, for tables that are written as they are made.
pub(crate) fn stdout() -> impl Write {
    io::stdout().lock()
}

/// The name of standard output in errors.
const STDOUT: &str = "standard output";

/// An error of writing to stdout.
pub(crate) fn to_stdout(source: io::Error) -> Error {
    Error::Io { path: STDOUT.to_owned(), source }
}

/// How a command failed; a reader who closed standard output is no failure.
pub(crate) fn failure(error: Error, json: bool) -> Failure {
    match error {
        Error::Io { path, source } if path == STDOUT && source.kind() == io::ErrorKind::BrokenPipe => {
            Failure::BrokenPipe
        }
        error => Failure::Refused { error, json },
    }
}

/// Refuses to overwrite a file unless told to.
pub(crate) fn refuse_existing(path: Option<&Path>, force: bool) -> Result<(), Error> {
    match path {
        Some(path) if path.exists() && !force => Err(Error::OutputExists { path: path.to_owned() }),
        _ => Ok(()),
    }
}

/// Where rejected rows go: to a file that was asked for, or nowhere.
pub(crate) fn rejects(path: Option<&Path>, force: bool) -> Result<Rejects, Error> {
    refuse_existing(path, force)?;
    let Some(path) = path else { return Ok(Rejects::nowhere()) };
    let file = std::fs::File::create(path)
        .map_err(|source| Error::Io { path: path.display().to_string(), source })?;
    Ok(Rejects::to(io::BufWriter::new(file)))
}

/// Writes words to stderr.
pub(crate) fn say(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// A word of warning.
pub(crate) fn warn(text: &str) {
    say(&format!("{YELLOW}note:{YELLOW:#} {}", visible(text)));
}

/// Text in bold.
pub(crate) fn bold(text: &str) -> String {
    format!("{BOLD}{text}{BOLD:#}")
}

/// Text from data without anything that would steer a terminal: control characters and changes of direction are shown.
pub(crate) fn visible(text: &str) -> String {
    let steers = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(steers) {
        return text.to_owned();
    }
    text.chars().map(|c| if steers(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}

/// Shows the stage of long work on a terminal, after a moment.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub(crate) fn new(quiet: bool) -> Self {
        if quiet {
            return Self { bar: ProgressBar::hidden() };
        }
        let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}").expect("the template is fixed");
        let bar = ProgressBar::new_spinner().with_style(style);
        bar.enable_steady_tick(Duration::from_millis(250));
        Self { bar }
    }
}

impl Observer for Progress {
    fn stage(&self, text: &str) {
        self.bar.set_message(text.to_owned());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
