//! The page around the sections: a template that users can replace by their own.
//!
//! Sections are compiled in, their order and the page around them are not: [`Layout::BUILT_IN`] is itself such a template,
//! so that a copy of it gives the same page byte by byte.

use std::path::Path;

use askama::filters::Escaper;
use habitue_core::{Money, time::Day};
use jiff::civil::Date;
use minijinja::value::{Serde, Value, ValueKind};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use serde::Serialize;

use crate::error::Error;
use crate::outcome::Outcome;
use crate::report::escape::Shown;
use crate::report::format::{self, Format};

/// The name of the template inside its engine.
const NAME: &str = "page";

/// The page around the sections of a report: the built-in one, or one's own.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The file it was read from; `None` for the built-in one.
    path: Option<String>,
    source: String,
}

impl Default for Layout {
    fn default() -> Self {
        Self { path: None, source: Self::BUILT_IN.to_owned() }
    }
}

impl Layout {
    /// The built-in page, to copy and edit; its head says what a template is given.
    pub const BUILT_IN: &str = include_str!("../../templates/report/page.html");

    /// Reads a page of one's own; the built-in one without a file.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be read, [`Error::Document`] with the line when it is no template.
    pub fn new(path: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = path else { return Ok(Self::default()) };
        let source = std::fs::read_to_string(path).map_err(Error::io(path.display()))?;
        let layout = Self { path: Some(path.display().to_string()), source };
        layout.environment(None).map_err(|e| layout.error(&e))?;
        Ok(layout)
    }

    /// Fills the page; `outcome` is there for templates that write figures of their own.
    pub(super) fn fill(&self, page: &Page, outcome: Option<&Outcome>) -> Result<String, Error> {
        let environment = self.environment(outcome).map_err(|e| self.error(&e))?;
        // Only a page of one's own can ask for it, and it takes time.
        let summary = outcome.filter(|_| self.path.is_some()).map(|o| Value::from(Serde(o)));
        let raw = |text: &str| Value::from_safe_string(text.to_owned());
        let sections: Vec<Value> = page
            .sections
            .iter()
            .map(|s| context! { id => s.id, title => s.title, parts => Value::from(Serde(&s.parts)), html => raw(&s.html) })
            .collect();
        let context = context! {
            page => Value::from(Serde(&page.head)),
            sections => sections,
            css => raw(page.css),
            js => raw(page.js),
            drawings => raw(&page.drawings),
            plotly_js => raw(&page.plotly_js),
            summary => summary,
        };
        let template = environment.get_template(NAME).expect("the environment holds it");
        template.render(context).map_err(|e| self.error(&e))
    }

    /// The engine with this template and the filters it may use.
    fn environment(&self, outcome: Option<&Outcome>) -> Result<Environment<'_>, minijinja::Error> {
        let mut environment = Environment::new();
        // A name that is not there is a mistake, not an empty place.
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        // So that an error can quote the place.
        environment.set_debug(true);
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_formatter(|out, _, value| {
            if value.is_safe() {
                return out.write_str(&value.to_string()).map_err(minijinja::Error::from);
            }
            let text = if value.is_none() { String::new() } else { value.to_string() };
            let mut escaped = String::with_capacity(text.len());
            Shown.write_escaped_str(&mut escaped, &text)?;
            Ok(out.write_str(&escaped)?)
        });
        let figures = Format::new(outcome.and_then(|o| o.currency.as_deref()));
        environment.add_filter("money", move |value: &Value| {
            Ok::<_, minijinja::Error>(figures.money(amount(value)?))
        });
        environment.add_filter("count", |value: usize| format::count(value));
        environment.add_filter("share", format::share);
        environment.add_filter("day", |value: &Value| {
            let date: Date = value.to_string().parse().map_err(|_| wrong(value, "a day"))?;
            Ok::<_, minijinja::Error>(format::day(Day::from_date(date)))
        });
        environment.add_template(NAME, &self.source)?;
        Ok(environment)
    }

    fn error(&self, error: &minijinja::Error) -> Error {
        let place = error.line().map_or(String::new(), |line| format!("line {line}: "));
        let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
        let quoted = error.range().and_then(|range| self.source.get(range));
        let quoted = quoted.map_or(String::new(), |text| format!(" in {text:?}"));
        Error::Document {
            path: self.path.clone().unwrap_or_else(|| "the built-in page".to_owned()),
            what: format!("{place}{what}{quoted}"),
            remedy: "compare it with the built-in page, `habitue print template`".to_owned(),
        }
    }
}

/// An amount as `summary.json` writes it: a decimal string; or a number.
fn amount(value: &Value) -> Result<Money, minijinja::Error> {
    let text = match value.kind() {
        ValueKind::String | ValueKind::Number => value.to_string(),
        _ => return Err(wrong(value, "an amount of money")),
    };
    text.parse().map_err(|_| wrong(value, "an amount of money"))
}

fn wrong(value: &Value, what: &str) -> minijinja::Error {
    minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, format!("{value} is not {what}"))
}

/// A page ready to be filled in.
pub(super) struct Page {
    /// What stands around the sections.
    pub(super) head: Head,
    /// The sections, in the order in which they are told.
    pub(super) sections: Vec<Section>,
    /// The style sheet.
    pub(super) css: &'static str,
    /// The script.
    pub(super) js: &'static str,
    /// The library of charts, with its element; empty where there are none.
    pub(super) plotly_js: String,
    /// Every chart by its id, as JSON that can stand in a script.
    pub(super) drawings: String,
}

/// What stands around the sections of a page.
#[derive(Serialize)]
pub(super) struct Head {
    /// The title of the window.
    pub(super) title: String,
    /// The line above the heading.
    pub(super) kicker: String,
    /// The heading.
    pub(super) heading: &'static str,
    /// The lines below it.
    pub(super) meta: Vec<String>,
    /// Where else the figures are: the end of the sentence at the foot.
    pub(super) note: &'static str,
    /// Name and version of the program.
    pub(super) program: String,
}

/// One section: its place in the contents, and what it shows.
pub(super) struct Section {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) html: String,
    /// What the contents name below it.
    pub(super) parts: Vec<Part>,
}

/// A part of a section that has a place of its own in the contents.
#[derive(Serialize)]
pub(super) struct Part {
    pub(super) id: String,
    pub(super) title: String,
    /// Number of its colour.
    pub(super) colour: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Page {
        Page {
            head: Head {
                title: "<title>".to_owned(),
                kicker: String::new(),
                heading: "Heading",
                meta: vec!["a & b".to_owned()],
                note: "",
                program: "habitue".to_owned(),
            },
            sections: vec![
                Section { id: "one", title: "One", html: "<p>1</p>".to_owned(), parts: Vec::new() },
                Section {
                    id: "two",
                    title: "Two",
                    html: "<p>2</p>".to_owned(),
                    parts: vec![Part { id: "two-a".to_owned(), title: "<b>".to_owned(), colour: 3 }],
                },
            ],
            css: "p > b {}",
            js: "1 < 2",
            plotly_js: "<script></script>".to_owned(),
            drawings: "{}".to_owned(),
        }
    }

    fn own(source: &str) -> Layout {
        Layout { path: Some("mine.html".to_owned()), source: source.to_owned() }
    }

    #[test]
    fn text_is_escaped_and_parts_of_the_page_are_not() {
        let html = Layout::default().fill(&page(), None).unwrap();
        for part in [
            "<title>&#60;title&#62;</title>",
            "a &#38; b",
            "<p>1</p>",
            "p > b {}",
            "1 < 2",
            "<bdi>&#60;b&#62;</bdi>",
        ] {
            assert!(html.contains(part), "{part}");
        }
    }

    #[test]
    fn a_copy_of_the_built_in_page_gives_the_same_bytes() {
        let built_in = Layout::default().fill(&page(), None).unwrap();
        assert_eq!(own(Layout::BUILT_IN).fill(&page(), None).unwrap(), built_in);
    }

    #[test]
    fn sections_can_be_left_out_and_reordered() {
        let layout = own("{% for s in sections|reverse if s.id != 'one' %}{{ s.html }}{% endfor %}");
        assert_eq!(layout.fill(&page(), None).unwrap(), "<p>2</p>");
    }

    #[test]
    fn figures_are_written_as_in_the_report() {
        let layout =
            own("{{ '1234.6'|money }}; {{ 12345|count }}; {{ 0.125|share }}; {{ '2011-12-09'|day }}");
        assert_eq!(layout.fill(&page(), None).unwrap(), "1,235; 12,345; 12.5%; 9\u{a0}December\u{a0}2011");
    }

    #[test]
    fn mistakes_name_file_line_and_remedy() {
        for (source, line, what) in [
            ("a\n{{ summaries }}", "line 2", "summaries"),
            ("\n\n{{ 'x'|money }}", "line 3", "x is not an amount of money"),
            ("{{ page.headline }}", "line 1", "headline"),
            ("{% for x in %}", "line 1", "unexpected end of block"),
        ] {
            let error = own(source).fill(&page(), None).unwrap_err();
            let text = error.to_string();
            assert!(text.contains("mine.html") && text.contains(line) && text.contains(what), "{text}");
            assert!(error.hint().unwrap().contains("habitue print template"));
        }
    }
}
